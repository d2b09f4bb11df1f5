/** The same for pushed and signed requests, DPoP, APIs, devices and registration. */
import type { Group } from './differences.ts'

export const LATER_GROUPS: readonly Group[] = [
  {
    clause: 'RFC 9101 §7, OpenID Connect Core §3.1.2.6 request_not_supported: a client without a key of its own cannot sign a request',
    rows: {
      'authorize: request': [
        'to the client error=invalid_request_object iss state=a&b',
        'to the client error=request_not_supported iss state=a&b',
      ],
    },
  },
  {
    clause:
      'RFC 9101 §10.8, RFC 8725 §3.11, RFC 7519 §4.1.4 and §4.1.6: a JWT says that it is a request, since when and until when; nobody is sent to a URI that stands in a bad one (RFC 6749 §4.1.2.1)',
    rows: {
      'request object: the type JWT': ['to the client code iss state=a&b', 'page 400'],
      'request object: without type': ['to the client code iss state=a&b', 'page 400'],
      'request object: without exp': ['to the client code iss state=a&b', 'page 400'],
      'request object: issued in an hour': ['to the client code iss state=a&b', 'page 400'],
    },
  },
  {
    clause: 'RFC 6749 §2.3.1: whoever authenticates by Basic has said who it is; RFC 9126 §2.1 has the client send client_id, too',
    rows: {
      'push: of a client with client_secret_basic, without client_id': ['400 invalid_request', '201 expires_in,request_uri'],
    },
  },
  {
    clause: 'RFC 9126 §2.1: request_uri must not be sent here; RFC 6749 §4.1.2.1 invalid_request',
    rows: {
      'push: a request_uri': ['400 request_uri_not_supported', '400 invalid_request'],
    },
  },
  {
    clause: 'RFC 9449 §4.3 check 11, FAPI 2.0 Security Profile §5.3.2.1: iat is judged too, not only the nonce',
    rows: {
      'dpop: an hour old': ['200 access_token,expires_in,scope,token_type bound', '400 invalid_dpop_proof'],
      'dpop: an hour ahead': ['200 access_token,expires_in,scope,token_type bound', '400 invalid_dpop_proof'],
    },
  },
  {
    clause: 'RFC 9449 §4.3 checks 1 and 2: a DPoP header that is there holds a JWT',
    rows: {
      'dpop: an empty header': ['200 access_token,expires_in,scope,token_type', '400 invalid_dpop_proof'],
    },
  },
  {
    clause:
      'RFC 9449 §5, §5.2 and §10.1: a proof that is invalid, used before or missing is invalid_dpop_proof, whatever grant it came with',
    rows: {
      'dpop: one proof twice': ['400 invalid_grant', '400 invalid_dpop_proof'],
      'dpop: code of a client that must, without': ['400 invalid_grant', '400 invalid_dpop_proof'],
      'dpop: refresh of a client that must, without': ['400 invalid_grant', '400 invalid_dpop_proof'],
      'dpop: pushed with a proof of another key than dpop_jkt': ['400 invalid_request', '400 invalid_dpop_proof'],
    },
  },
  {
    clause: 'RFC 9449 §11.1: what is replayed is a proof, so a jti counts once for a key; another key has other ones',
    rows: {
      'dpop: one jti, two keys': ['400 invalid_grant', '200 access_token,expires_in,scope,token_type bound'],
    },
  },
  {
    clause: 'RFC 9449 §10: dpop_jkt is a thumbprint (RFC 7638); RFC 6749 §4.1.2.1 invalid_request',
    rows: {
      'dpop: a dpop_jkt that is none': ['to the client code iss state=a&b', 'to the client error=invalid_request iss state=a&b'],
    },
  },
  {
    clause:
      'RFC 9449 §5 leaves the refresh tokens of confidential clients to their authentication; ours binds them as well (decision 037), so a stolen secret is of no use alone, and the key has to be kept like the secret',
    rows: {
      'dpop: refresh of one with a client secret by another key': [
        '200 access_token,expires_in,id_token,refresh_token,scope,token_type bound',
        '400 invalid_grant',
      ],
    },
  },
  {
    clause: 'RFC 9449 §7.1: a proof that was used before is what is wrong, not the token',
    rows: {
      'dpop: userinfo with one proof twice': ['401 invalid_token [DPoP invalid_token]', '401 invalid_dpop_proof [DPoP invalid_dpop_proof]'],
    },
  },
  {
    clause:
      "RFC 9449 §7.1 and §7.2: 401 for a token without its proof; the first challenge is of the scheme that was used, and DPoP's comes with it",
    rows: {
      'dpop: userinfo as a bearer token, with a proof': [
        '400 invalid_request [DPoP invalid_request]',
        '401 invalid_token [Bearer invalid_token]',
      ],
      'dpop: userinfo as a bearer token': ['401 invalid_token [DPoP invalid_token]', '401 invalid_token [Bearer invalid_token]'],
      'dpop: userinfo without a proof': ['400 invalid_request [DPoP invalid_request]', '401 invalid_dpop_proof [DPoP invalid_dpop_proof]'],
    },
  },
  {
    clause:
      'RFC 6749 §4.1.2.1: a scope of an API that the request does not name is known, and invalid here; to leave it out would hide the mistake',
    rows: {
      'resource: a scope without its resource': ['to the client code iss state=a&b', 'to the client error=invalid_scope iss state=a&b'],
      'resource: a scope of another resource': ['to the client code iss state=a&b', 'to the client error=invalid_scope iss state=a&b'],
    },
  },
  {
    clause: 'RFC 3986 §6.2.3: an empty path is that of the root; the token names the resource as it is registered',
    rows: {
      'resource: almost one': ['to the client error=invalid_target iss state=a&b', 'to the client code iss state=a&b'],
    },
  },
  {
    clause: 'RFC 8707 §2.2: without resource a server has a default, which is the only API that was granted',
    rows: {
      'resource: code with resource left out, one granted with openid': [
        '200 access_token,expires_in,id_token,refresh_token,scope,token_type',
        '200 access_token,expires_in,id_token,refresh_token,scope,token_type for https://orders.example/, orders:read',
      ],
    },
  },
  {
    clause: 'RFC 7662 §2.1 and RFC 7009 §2.1: any token that was issued here; the session behind it decides',
    rows: {
      'resource: introspect the token of an API': ['400 unsupported_token_type', '200 active Bearer'],
      'resource: revoke the token of an API': ['400 unsupported_token_type', '200'],
    },
  },
  {
    clause: 'RFC 8628 §3.2 interval, §3.5 slow_down: a device is told how often it may ask, and kept to that',
    rows: {
      'device: right': [
        '200 device_code,expires_in,user_code,verification_uri,verification_uri_complete',
        '200 device_code,expires_in,interval,user_code,verification_uri,verification_uri_complete',
      ],
      'device: without scope': [
        '200 device_code,expires_in,user_code,verification_uri,verification_uri_complete',
        '200 device_code,expires_in,interval,user_code,verification_uri,verification_uri_complete',
      ],
      'device: a scope that is unknown': [
        '200 device_code,expires_in,user_code,verification_uri,verification_uri_complete',
        '200 device_code,expires_in,interval,user_code,verification_uri,verification_uri_complete',
      ],
      'device: an API': [
        '200 device_code,expires_in,user_code,verification_uri,verification_uri_complete',
        '200 device_code,expires_in,interval,user_code,verification_uri,verification_uri_complete',
      ],
      'device: poll twice at once before an answer': ['400 authorization_pending', '400 slow_down'],
    },
  },
  {
    clause: 'RFC 9700 §2.6: no redirect URI with plain http, but on loopback',
    rows: {
      'register: redirect_uris with http': ['201 client_id,registration_access_token,registration_client_uri', '400 invalid_redirect_uri'],
      'manage: replace with bad metadata': ['200 client_id,registration_access_token,registration_client_uri', '400 invalid_redirect_uri'],
    },
  },
  {
    clause: 'RFC 7591 §2.1: grant types and response types must fit; §3.2.2 invalid_client_metadata',
    rows: {
      'register: response_types without the grant': [
        '201 client_id,registration_access_token,registration_client_uri',
        '400 invalid_client_metadata',
      ],
    },
  },
  {
    clause: 'RFC 7591 §2, §3.2.1: the server may leave out or replace what it does not take, and the reply says what is registered',
    rows: {
      'register: a scope that is unknown': [
        '400 invalid_client_metadata',
        '201 client_id,registration_access_token,registration_client_uri',
      ],
      'register: client_uri with javascript:': [
        '400 invalid_client_metadata',
        '201 client_id,registration_access_token,registration_client_uri',
      ],
      'register: logo_uri that is no URI': [
        '400 invalid_client_metadata',
        '201 client_id,registration_access_token,registration_client_uri',
      ],
    },
  },
  {
    clause:
      'RFC 7591 §3.2.2, RFC 7592 §2.2: the errors of registration are its own, so invalid_client_metadata for what cannot be registered',
    rows: {
      'register: a list': ['400 invalid_request', '400 invalid_client_metadata'],
      'register: no JSON': ['400 invalid_request', '400 invalid_client_metadata'],
      'manage: replace without client_id': ['400 invalid_request', '400 invalid_client_metadata'],
      'manage: replace with another client_id': ['400 invalid_request', '400 invalid_client_metadata'],
      'manage: replace with a secret': ['400 invalid_request', '400 invalid_client_metadata'],
    },
  },
  {
    clause: 'RFC 7591 §3.1 has clients send JSON; like every route that takes JSON, ours takes the same fields as a form',
    rows: {
      'register: a form': ['400 invalid_request', '201 client_id,client_secret,registration_access_token,registration_client_uri'],
    },
  },
]
