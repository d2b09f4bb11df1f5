import { Avatar, FollowButton, nameOf, type Person, useKith } from '@kith/client/react'
import { useState } from 'react'
import { Button, Field, Problem, useTask } from './tasks.tsx'

export function People() {
  const kith = useKith()
  const [people, setPeople] = useState<Person[]>()
  const search = useTask(async ({ query }: { query: string }) => {
    const { results } = await kith.post('/user/search', { body: { query, limit: 10 } })
    setPeople(results)
  })
  return (
    <section>
      <h2>People</h2>
      <form onSubmit={search.submit}>
        <Field label="Name or user name" type="search" name="query" required />
        <Button disabled={search.isBusy}>Search</Button>
      </form>
      <Problem error={search.error} />
      {people?.length === 0 && <p role="status">Nobody found.</p>}
      {/* #region found */}
      <ul>
        {people?.map((person) => (
          <li key={person._id}>
            <Avatar user={person} />
            <span>{nameOf(person)}</span>
            <FollowButton userId={person._id} name={nameOf(person)} />
          </li>
        ))}
      </ul>
      {/* #endregion */}
    </section>
  )
}
