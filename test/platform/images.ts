// The Images binding: counts as operations of an invocation, with faults on demand. Its limits are 100 megapixels and 12,000
// pixels a side: the Worker lets no more through.
import type { Core } from './core.ts'

export function wrapImages(native: ImagesBinding, core: Core): ImagesBinding {
  const wrapTransformer = (transformer: ImageTransformer): ImageTransformer => ({
    transform: (transform) => wrapTransformer(transformer.transform(transform)),
    draw: (image, options) => wrapTransformer(transformer.draw(image, options)),
    output: (options) => core.invocation.connect(() => core.faults.aroundImages(() => transformer.output(options))),
  })
  return {
    info: (...input) => core.faults.aroundImages(() => native.info(...input)),
    input: (...input) => wrapTransformer(native.input(...input)),
    text: (...input) => wrapTransformer(native.text(...input)),
    hosted: native.hosted,
  }
}
