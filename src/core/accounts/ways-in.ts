/** The last way into an account cannot be removed; `hasAnotherWayIn` guards each removal. */
import { AppError } from '../errors.ts'

/** The refusal of a removal that the guard has stopped. */
export function lastWayIn(): AppError {
  return new AppError('forbidden', 'This is the only way into your account. Add another one, or a password, first', {
    reason: 'last_way_in',
  })
}
