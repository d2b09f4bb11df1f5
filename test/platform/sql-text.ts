// Reads a statement's text as far as D1's rules need it: what is one statement, and what only reads. Not a parser: quoted text
// and comments are blanked, the rest is checked word by word.

// Strings, quoted names in SQLite's three spellings, and both kinds of comment.
const QUOTED_OR_COMMENT = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g

/** The statement with blanks in place of quoted text and comments. */
function bareText(sql: string): string {
  return sql.replace(QUOTED_OR_COMMENT, ' ')
}

/** A `;` that is followed by something. */
export function hasSeveralStatements(sql: string): boolean {
  return /;\s*[^\s;]/.test(bareText(sql))
}

/** D1 has no transactions over several operations; a batch is the transaction. */
export function isTransactionControl(sql: string): boolean {
  return /^\s*(?:begin|commit|end|rollback|savepoint|release)\b/i.test(bareText(sql))
}

export function isRead(sql: string): boolean {
  const text = bareText(sql)
  return /^\s*(?:select|values|explain|with)\b/i.test(text) && !/\b(?:insert|update|delete|replace\s+into)\b/i.test(text)
}
