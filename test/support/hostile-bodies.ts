/** What no route may take for valid input, whatever it reads: values of fields, and texts of JSON bodies. */

/** None of these is a valid value of a field. The last one is text, and only too long. */
export const HOSTILE_VALUES: readonly unknown[] = [
  null,
  [],
  {},
  [['a']],
  { $ne: null },
  '\0',
  'a\0b',
  '\ud800',
  'a\udfff',
  '__proto__'.repeat(300),
]

/** For routes that require an object with certain fields, or refuse unknown ones. */
export const HOSTILE_BODIES: readonly [what: string, text: string][] = [
  ['__proto__', '{"__proto__":{"role":"admin"}}'],
  ['a __proto__ within', '{"email":{"__proto__":1}}'],
  ['constructor', '{"constructor":{"prototype":{"role":"admin"}}}'],
  ['hasOwnProperty', '{"hasOwnProperty":1}'],
  ['toString', '{"toString":null}'],
  ['nesting of 33', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`],
  ['nesting of 10,000', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ['truncated JSON', '{"username":"abc'],
  ['no JSON', 'username=abc'],
  ['a comment', '{} // {}'],
  ['two values', '{}{}'],
  ['NaN', '{"email":NaN}'],
  ['a number beyond numbers', '{"code":1e999,"state":1e999,"username":1e999,"email":1e999,"phone_number":1e999,"refresh":1e999}'],
  ['null', 'null'],
  ['a number', '42'],
  ['a string', '"text"'],
  ['an empty array', '[]'],
  ['two elements', '[{},{}]'],
  ['an array in an array', '[[{}]]'],
  ['a name with NUL', '{"a\\u0000b":1}'],
  ['a name that is a lone surrogate', '{"\\ud800":1}'],
  ['a value that is a lone surrogate', '{"a":"\\ud800"}'],
]
