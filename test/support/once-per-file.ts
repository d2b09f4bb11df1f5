import { expect } from 'vitest'

/** Makes a value on first use in each test file. Modules outlive a file; what they put into the stores does not. */
export function oncePerFile<Value>(make: () => Value): () => Value {
  let made: { file: string | undefined; value: Value } | undefined
  return () => {
    const file = expect.getState().testPath
    if (!made || made.file !== file) made = { file, value: make() }
    return made.value
  }
}
