/**
 * The parameter `claims` (OpenID Connect Core §5.5): single claims that a client asks for, in userinfo or in the ID token.
 * What nobody knows is ignored, and so are values, except those of `sub` and `acr` (§5.5.1.1).
 */
import * as z from 'zod'
import { ACRS, type Acr, weakestAcr } from '../authentication-methods.ts'
import { AppError } from '../errors.ts'
import { CLAIMS_PARAMETER_LENGTH_MAX } from './limits.ts'

export const PLACES = ['userinfo', 'id_token'] as const
/** Where a claim is delivered. */
export type Place = (typeof PLACES)[number]

export interface ClaimsRequest {
  readonly names: Readonly<Record<Place, readonly string[]>>
  /** The user must have a subject of each of these lists. */
  readonly subjects: readonly (readonly unknown[])[]
  /** What the sign-in must be worth; null if it may be anything. */
  readonly acr: Acr | null
}

const Claim = z
  .object(
    {
      essential: z.boolean('must be true or false').optional(),
      value: z.unknown().optional(),
      values: z.array(z.unknown(), 'must be a list').optional(),
    },
    'must be null or an object',
  )
  .nullable()
type Claim = z.output<typeof Claim>
const Claims = z.record(z.string(), Claim, 'must be an object').default({})
const Parameter = z.object({ userinfo: Claims, id_token: Claims }, 'must be a JSON object')

/** Throws `invalid_request`, or `unmet_authentication_requirements` for an essential `acr` that no sign-in here has. */
export function readClaimsRequest(text: string | undefined): ClaimsRequest {
  if (text === undefined) return { names: { userinfo: [], id_token: [] }, subjects: [], acr: null }
  if (text.length > CLAIMS_PARAMETER_LENGTH_MAX) throw invalid(`may have at most ${CLAIMS_PARAMETER_LENGTH_MAX} characters`)
  const { data, error } = Parameter.safeParse(parse(text))
  if (!data) throw invalid(`${error.issues[0]?.message}`, error.issues[0]?.path)
  return {
    names: { userinfo: Object.keys(data.userinfo), id_token: Object.keys(data.id_token) },
    subjects: PLACES.flatMap((place) => valuesOf(data[place].sub) ?? []),
    acr: essentialAcr(data.id_token.acr),
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A list of one list, or null without values. */
function valuesOf(claim: Claim | undefined): (readonly unknown[])[] | null {
  if (claim?.value === undefined && claim?.values === undefined) return null
  return [claim.values ?? [claim.value]]
}

/** A voluntary one asks for nothing: each ID token says what the sign-in was. */
function essentialAcr(claim: Claim | undefined): Acr | null {
  const [values] = (claim?.essential === true && valuesOf(claim)) || []
  if (!values) return null
  const acr = weakestAcr(values.filter((value) => typeof value === 'string').join(' '))
  if (acr === null) throw new AppError('unmet_authentication_requirements', `The acr must be one of ${ACRS.join(', ')}`)
  return acr
}

function invalid(message: string, path: readonly PropertyKey[] = []): AppError {
  return new AppError('invalid_request', `${['claims', ...path.filter((part) => /^\w{1,32}$/.test(String(part)))].join('.')} ${message}`)
}
