import { Avatar, nameOf, useKith, useUser } from '@kith/client/react'
import { Button, Field, Problem, Upload, useTask } from './tasks.tsx'

export function Profile() {
  const kith = useKith()
  const { user, error, reload } = useUser()
  const save = useTask(async (changes: { firstName: string; lastName: string; bio: string }) => {
    await kith.patch('/user/me', { body: { ...changes, bio: changes.bio || null } })
    await reload()
  })
  if (!user) return <Problem error={error} retry={reload} />
  return (
    <section>
      <div className="row">
        <Avatar user={user} size={96} alt="Your picture" />
        <h2>{nameOf(user)}</h2>
      </div>
      <Upload label="Picture" accept="image/*" send={(file, options) => kith.uploadAvatar(file, options).then(reload)} />
      <form onSubmit={save.submit}>
        <Field label="First name" name="firstName" defaultValue={user.firstName ?? ''} error={save.error} />
        <Field label="Last name" name="lastName" defaultValue={user.lastName ?? ''} error={save.error} />
        <Field label="About you" name="bio" defaultValue={user.bio ?? ''} error={save.error} />
        <Button disabled={save.isBusy}>Save</Button>
      </form>
      <Problem error={save.error} />
      {save.isDone && <p role="status">Saved.</p>}
    </section>
  )
}
