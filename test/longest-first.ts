/** Files that take long come first. At the end of a run, one of them would keep one worker busy while the others have nothing left. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Without times of an earlier run, vitest starts with the largest files; some small ones take long. */
export const longestFirst = (names: readonly string[]) =>
  class LongestFirst extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      const placeOf = ({ moduleId }: TestSpecification) => names.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
      const sorted = await super.sort(files)
      const long = sorted.filter((file) => placeOf(file) >= 0).sort((a, b) => placeOf(a) - placeOf(b))
      return [...long, ...sorted.filter((file) => placeOf(file) < 0)]
    }
  }
