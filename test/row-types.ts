/**
 * A Vite plugin that hands tests the columns that the row type of each statement names: `virtual:row-types`, read from the store's
 * return types by the TypeScript compiler, since types are gone at run time. Only the tests that import it wait for the compiler.
 */
import { join } from 'node:path'
import { isFunctionDeclaration } from 'typescript/unstable/ast/is'
import { API, type Checker, type Type, TypeFlags, type TypeReference } from 'typescript/unstable/sync'
import type { Plugin } from 'vite'

const MODULE = 'virtual:row-types'
const ROOT = join(import.meta.dirname, '..')
/** The store alone: the whole project takes the compiler four times as long. */
const PROJECT = join(import.meta.dirname, 'row-types.tsconfig.json')

/** The `R` of each `Statement<R>` that a function returns: one, a list of them, or an object that has some. */
function resultsOf(checker: Checker, type: Type): readonly Type[] {
  const isStatement = (one: Type) => one.getSymbol()?.name === 'Statement'
  if (isStatement(type) || checker.isArrayLikeType(type)) {
    const inside = checker.getTypeArguments(type as TypeReference)
    return isStatement(type) ? inside : inside.flatMap((one) => resultsOf(checker, one))
  }
  const members = checker.getPropertiesOfType(type).map((member) => checker.getTypeOfSymbol(member))
  return members.flatMap((one) => (one && isStatement(one) ? checker.getTypeArguments(one as TypeReference) : []))
}

/** The names in rows of a type, of all its variants. A Boolean is whether there is a row of `SELECT 1`; any other result is no row. */
function namesIn(checker: Checker, result: Type): string[] {
  if (result.flags & TypeFlags.BooleanLike) return ['1']
  if (result.isUnionType()) return result.getTypes().flatMap((one) => namesIn(checker, one))
  if (checker.isArrayType(result)) return checker.getTypeArguments(result as TypeReference).flatMap((row) => namesIn(checker, row))
  return result.flags & (TypeFlags.Object | TypeFlags.Intersection) ? checker.getPropertiesOfType(result).map(({ name }) => name) : []
}

/** Function of the store -> the names in the rows of each statement that it returns. */
function readRowTypes(): Record<string, string[][]> {
  const api = new API()
  try {
    const project = api.updateSnapshot({ openProjects: [PROJECT] }).getProjects()[0]
    if (!project) throw new Error('the compiler opened no project')
    const { checker, program } = project
    const files = program
      .getSourceFileNames()
      .filter((name) => name.startsWith(join(ROOT, 'src/store/db/')) && !name.endsWith('/database.ts'))
    const functions = files.flatMap((name) => program.getSourceFile(name)?.statements.filter(isFunctionDeclaration) ?? [])
    const entries = functions.map((node): [string | undefined, string[][]] => {
      const signature = checker.getSignatureFromDeclaration(node)
      const type = signature && checker.getReturnTypeOfSignature(signature)
      const results = type ? resultsOf(checker, type) : []
      return [node.name?.text, results.map((result) => [...new Set(namesIn(checker, result))].sort())]
    })
    return Object.fromEntries(entries.filter(([, rows]) => rows.length > 0))
  } finally {
    api.close()
  }
}

export const rowTypes = (): Plugin => ({
  name: MODULE,
  resolveId: (id) => (id === MODULE ? `\0${MODULE}` : null),
  load: (id) => (id === `\0${MODULE}` ? `export default ${JSON.stringify(readRowTypes())}` : null),
})
