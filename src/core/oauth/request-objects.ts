/**
 * Request objects (JAR, RFC 9101): the parameters of an authorization request as a JWT that the client has signed, with
 * the key that it authenticates with (docs/decisions/044). Nothing outside of the object counts but `client_id`.
 */
import * as z from 'zod'
import { type ClientKeysRow, findClientKeys } from '../../store/db/oauth-clients.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type AuthorizationRequest, PARAMETER_NAMES, readAuthorizationRequest, withoutTickets } from './authorization-request.ts'
import { commonClaims, isSignedWithKey, type JwtPurpose, judgeClientJwt } from './client-jwt.ts'
import { REQUEST_OBJECT_LENGTH_MAX, REQUEST_OBJECT_MS } from './limits.ts'
import { marked } from './request-marks.ts'

/** The type is required (§10.8): nothing else that the client signs is a request. */
const REQUEST_OBJECT: JwtPurpose = {
  name: 'request object',
  types: ['oauth-authz-req+jwt', 'application/oauth-authz-req+jwt'],
  lifeMs: REQUEST_OBJECT_MS,
  refusal: (message) => new AppError('invalid_request_object', message),
}
const { refusal } = REQUEST_OBJECT

const Claims = z.looseObject({ ...commonClaims, client_id: z.string() })

/** The request in the object, with the ticket of a signed one. One round trip. */
export async function openRequestObject(ctx: Ctx, { clientId, requestObject = '' }: AuthorizationRequest): Promise<AuthorizationRequest> {
  if (requestObject.length > REQUEST_OBJECT_LENGTH_MAX)
    throw refusal(`The request object may have at most ${REQUEST_OBJECT_LENGTH_MAX} characters`)
  if (/^([\w-]*\.){4}/.test(requestObject)) throw refusal('Encrypted request objects are not supported: only sign it')
  const row = await ctx.db.one(findClientKeys(clientId))
  if (!row || row.disabledAt !== null) throw new AppError('invalid_request', 'The client is unknown')
  const claims = judge(ctx, row, requestObject)
  if (!(await isSignedWithKey(ctx, row, requestObject, REQUEST_OBJECT)))
    throw refusal('The request object is not signed by a key of the client')
  return marked(ctx, withoutTickets(readAuthorizationRequest(claims)), 'signed')
}

/** The parameters, before a key is looked for. */
function judge(ctx: Ctx, { id, tokenEndpointAuthMethod }: ClientKeysRow, jwt: string): Record<string, unknown> {
  if (tokenEndpointAuthMethod !== 'private_key_jwt')
    throw new AppError(
      'request_not_supported',
      'Request objects are for clients registered for private_key_jwt: send the parameters themselves',
    )
  const claims = judgeClientJwt(ctx, { clientId: id, jwt, schema: Claims }, REQUEST_OBJECT)
  if (claims.client_id !== id) throw refusal('client_id of the request object must be the one beside it')
  for (const name of ['request', 'request_uri']) if (name in claims) throw refusal(`A request object must not contain ${name}`)
  const params = { ...claims, max_age: toText(claims.max_age), claims: toText(claims.claims) }
  const wrong = PARAMETER_NAMES.find((name) => !isText(params[name as keyof typeof params]))
  if (wrong !== undefined || ![claims.resource].flat().every(isText))
    throw refusal(`${wrong ?? 'resource'} in the request object has the wrong type`)
  return params
}

const isText = (value: unknown) => value === undefined || typeof value === 'string'

/** RFC 9101 §4: what is a number or JSON elsewhere in text is one in the object. */
function toText(value: unknown): unknown {
  return typeof value === 'number' || (typeof value === 'object' && value !== null) ? JSON.stringify(value) : value
}
