import { Avatar, nameOf, useKith, useUser } from '@kith/client/react'
import { Button, Field, Problem, Upload, useTask } from './tasks.tsx'

export function Profile() {
  const kith = useKith()
  // #region save
  const { user, error, reload } = useUser()
  const save = useTask(async ({ bio, ...names }: { firstName: string; lastName: string; bio: string }) => {
    // null clears the bio. Names can be changed but not cleared, so empty ones are left out.
    const given = Object.fromEntries(Object.entries(names).filter(([, name]) => name))
    await kith.patch('/user/me', { body: { ...given, bio: bio || null } })
    await reload()
  })
  // #endregion
  if (!user) return <Problem error={error} retry={reload} />
  const { firstName, lastName, bio } = user
  return (
    <section>
      <div className="row">
        <Avatar user={user} size={96} alt="Your picture" />
        <h2>{nameOf(user)}</h2>
      </div>
      <Upload label="Picture" accept="image/*" send={(file, options) => kith.uploadAvatar(file, options).then(reload)} />
      {/* #region form */}
      <form onSubmit={save.submit}>
        <Field label="First name" name="firstName" defaultValue={firstName ?? ''} required={firstName !== null} error={save.error} />
        <Field label="Last name" name="lastName" defaultValue={lastName ?? ''} required={lastName !== null} error={save.error} />
        <Field label="About you" name="bio" defaultValue={bio ?? ''} error={save.error} />
        <Button disabled={save.isBusy}>Save</Button>
      </form>
      {/* #endregion */}
      <Problem error={save.error} />
      {save.isDone && <p role="status">Saved.</p>}
    </section>
  )
}
