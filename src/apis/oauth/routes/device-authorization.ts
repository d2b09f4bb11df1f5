/** `POST /oauth/device_authorization` (RFC 8628 §3.1). Clients authenticate as at the token endpoint. */
import { Hono } from 'hono'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { DeviceAuthorizationForm, startSentDevice } from '../../../http/token-endpoint.ts'
import { validate } from '../../../http/validate.ts'
import { DeviceAuthorizationResponse } from '../wire.ts'

export const deviceAuthorizationRoutes = new Hono<AppEnv>().post(
  '/device_authorization',
  anyone(),
  networkLimit('other'),
  validate('form', DeviceAuthorizationForm),
  describe('startDeviceAuthorization', {
    summary: 'Ask for access from a device without a browser',
    description:
      'For clients registered for urn:ietf:params:oauth:grant-type:device_code. Show the user_code and the verification_uri, or a QR code ' +
      'of verification_uri_complete, and poll the token endpoint with the device_code, with `interval` seconds between two polls.',
    response: {
      status: 200,
      schema: DeviceAuthorizationResponse,
      example: {
        device_code: 'GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS01',
        user_code: 'WDJB-MJHT',
        verification_uri: 'https://id.example.com/device',
        verification_uri_complete: 'https://id.example.com/device?user_code=WDJB-MJHT',
        expires_in: 600,
        interval: 5,
      },
    },
    refusals: [401],
    client: {},
  }),
  async (c) => {
    const started = await startSentDevice(c, c.req.valid('form'))
    const reply = {
      device_code: started.deviceCode,
      user_code: started.userCode,
      verification_uri: started.verificationUri,
      verification_uri_complete: started.verificationUriComplete,
      expires_in: started.expiresIn,
      interval: started.interval,
    }
    return c.json(reply, 200, { 'cache-control': 'no-store' })
  },
)
