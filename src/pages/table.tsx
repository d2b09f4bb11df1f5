/** Lists of the console: a table that becomes cards on a phone, the form that filters it, and the link to the next page. */
import type { Child } from 'hono/jsx'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => Child
  /** Right-aligned, in digits of equal width. */
  readonly isNumber?: boolean
}

interface TableProps<Row> {
  /** What the table lists, for whoever cannot see it. */
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** Instead of a table without rows. */
  readonly empty: string
}

/** The first column is the header of its row. */
export function Table<Row>({ caption, columns, rows, empty }: TableProps<Row>) {
  if (rows.length === 0) return <p class="empty">{empty}</p>
  return (
    <table>
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ title, isNumber }) => (
            <th scope="col" class={isNumber ? 'number' : undefined}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            {columns.map(({ title, cell, isNumber }, index) => {
              const value = cell(row)
              if (index === 0) return <th scope="row">{value}</th>
              return (
                <td data-title={title} class={isNumber ? 'number' : isNothing(value) ? 'dash' : undefined}>
                  {value || '–'}
                </td>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Shown as a dash, and left out of a card on a phone. */
const isNothing = (value: Child) => !value || value === '–'

/** A form that only asks for another view: it is sent with GET, so its fields are in the address. */
export function FilterForm({ action, submit, children }: { action: string; submit: string; children: Child }) {
  return (
    <form method="get" action={action} class="filter">
      {children}
      <button type="submit" class="secondary">
        {submit}
      </button>
    </form>
  )
}

/** Keeps the filters of this page. */
export function NextPage({
  action,
  query,
  after,
  text,
}: {
  action: string
  query: Readonly<Record<string, string>>
  after: string | null
  text: string
}) {
  if (after === null) return null
  return (
    <p class="links">
      <a href={`${action}?${new URLSearchParams({ ...query, after })}`}>{text}</a>
    </p>
  )
}

/** Facts by name. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: Child])[] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
