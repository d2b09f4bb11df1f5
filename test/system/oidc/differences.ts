/**
 * Where the two answer differently, and what justifies ours. A row that is not here must be answered alike; one that is here and
 * is answered alike fails as well.
 */
import { LATER_GROUPS } from './later-differences.ts'

export interface Group {
  readonly clause: string
  /** By the name of the row: the oracle's answer and ours. */
  readonly rows: Readonly<Record<string, readonly [oracle: string, ours: string]>>
}

const GROUPS: readonly Group[] = [
  {
    clause: 'OpenID Connect Core §5.5: both members of claims are optional',
    rows: {
      'authorize: claims: empty': ['to the client error=invalid_request iss state=a&b', 'to the client code iss state=a&b'],
    },
  },
  {
    clause:
      'RFC 8252 §8.6, RFC 9700 §4.16.1: on a machine for development a loopback URI proves a first-party client; in production ours asks too',
    rows: {
      'authorize: the-native with redirect_uri http://127.0.0.1:4000/callback': [
        'on to consent',
        'to http://127.0.0.1:4000/callback code iss state=a&b',
      ],
      'authorize: the-native with redirect_uri http://127.0.0.1:51234/callback': [
        'on to consent',
        'to http://127.0.0.1:51234/callback code iss state=a&b',
      ],
      'authorize: the-native with redirect_uri http://127.0.0.1/callback': [
        'on to consent',
        'to http://127.0.0.1/callback code iss state=a&b',
      ],
    },
  },
  {
    clause:
      'RFC 6749 §4.1.2.1: an error is told in the query; no response type here has the fragment as its mode (RFC 8414 response_modes_supported)',
    rows: {
      'authorize: response_type token': [
        'to the client# error=unsupported_response_type iss state=a&b',
        'to the client error=unsupported_response_type iss state=a&b',
      ],
      'authorize: response_type id_token': [
        'to the client# error=unsupported_response_type iss state=a&b',
        'to the client error=unsupported_response_type iss state=a&b',
      ],
      'authorize: response_type code id_token': [
        'to the client# error=unsupported_response_type iss state=a&b',
        'to the client error=unsupported_response_type iss state=a&b',
      ],
    },
  },
  {
    clause: 'RFC 6749 §3.1.1: a list that names one type twice is none that is registered',
    rows: {
      'authorize: response_type code code': [
        'to the client code iss state=a&b',
        'to the client error=unsupported_response_type iss state=a&b',
      ],
    },
  },
  {
    clause: 'RFC 8414 §2 response_modes_supported: query and form_post; RFC 6749 §4.1.2.1 invalid_request: an invalid parameter value',
    rows: {
      'authorize: response_mode fragment': ['to the client# code iss state=a&b', 'to the client error=invalid_request iss state=a&b'],
      'authorize: response_mode web_message': [
        'to the client error=unsupported_response_mode iss state=a&b',
        'to the client error=invalid_request iss state=a&b',
      ],
      'authorize: response_mode nonsense': [
        'to the client error=unsupported_response_mode iss state=a&b',
        'to the client error=invalid_request iss state=a&b',
      ],
    },
  },
  {
    clause: 'RFC 6749 §4.1.2.1 does not say which of two errors is told',
    rows: {
      'authorize: an error with a response_mode that is unknown': [
        'to the client error=unsupported_response_mode iss state=a&b',
        'to the client error=unsupported_response_type iss state=a&b',
      ],
      'token: an unknown grant_type and a wrong client': ['401 invalid_client', '400 unsupported_grant_type'],
    },
  },
  {
    clause: 'RFC 6749 §3.3: a scope that is left out has a default value, and the reply says which',
    rows: {
      'authorize: without scope': ['to the client error=access_denied iss state=a&b', 'to the client code iss state=a&b'],
      'authorize: empty scope': ['to the client error=access_denied iss state=a&b', 'to the client code iss state=a&b'],
      'client credentials: without scope': ['200 access_token,expires_in,token_type', '200 access_token,expires_in,scope,token_type'],
      'resource: without scope': ['to the client error=access_denied iss state=a&b', 'to the client code iss state=a&b'],
    },
  },
  {
    clause: 'RFC 6749 §4.1.2.1 and §5.2 invalid_scope: nothing that was asked for is known',
    rows: {
      'authorize: only a scope that is unknown': [
        'to the client error=access_denied iss state=a&b',
        'to the client error=invalid_scope iss state=a&b',
      ],
      'authorize: a scope in the wrong case': [
        'to the client error=access_denied iss state=a&b',
        'to the client error=invalid_scope iss state=a&b',
      ],
      'client credentials: a scope that is unknown': ['200 access_token,expires_in,token_type', '400 invalid_scope'],
      'push: only a scope that is unknown': ['201 expires_in,request_uri', '400 invalid_scope'],
      'device: only a scope that is unknown': [
        '200 device_code,expires_in,user_code,verification_uri,verification_uri_complete',
        '400 invalid_scope',
      ],
      'resource: client credentials with a scope of an API and no resource': [
        '200 access_token,expires_in,token_type',
        '400 invalid_scope',
      ],
      'resource: client credentials with a scope of another API': [
        '200 access_token,expires_in,token_type for https://orders.example/, undefined',
        '400 invalid_scope',
      ],
    },
  },
  {
    clause: 'OpenID Connect Core §3.1.2.1: scope values that are not understood are ignored; clients repeat them when they refresh',
    rows: {
      'refresh: a scope that is unknown': ['400 invalid_scope', '200 access_token,expires_in,id_token,refresh_token,scope,token_type'],
    },
  },
  {
    clause: 'Initiating User Registration 1.0 §3.1 and others add values of prompt, so one that is unknown is ignored',
    rows: {
      'authorize: prompt nonsense': ['to the client error=invalid_request iss state=a&b', 'to the client code iss state=a&b'],
    },
  },
  {
    clause: 'RFC 9110 §15.5.2: 401 has a WWW-Authenticate, whatever the client tried',
    rows: {
      'authentication: client_id alone of a client with a secret': ['401 invalid_client', '401 invalid_client [Basic]'],
      'authentication: an unknown client_id': ['401 invalid_client', '401 invalid_client [Basic]'],
      'authentication: a wrong secret in the body': ['401 invalid_client', '401 invalid_client [Basic]'],
      'authentication: a secret of a public client': ['401 invalid_client', '401 invalid_client [Basic]'],
      'push: an unknown client': ['401 invalid_client', '401 invalid_client [Basic]'],
      'push: client_id alone of a client with a secret': ['401 invalid_client', '401 invalid_client [Basic]'],
      'device: an unknown client': ['401 invalid_client', '401 invalid_client [Basic]'],
    },
  },
  {
    clause: 'RFC 6749 §3.1: request parameters are not included more than once, whether they are known or not',
    rows: {
      'authorize: an unknown parameter twice': ['to the client code iss state=a&b', 'to the client error=invalid_request iss state=a&b'],
    },
  },
  {
    clause: 'OpenID Connect Core §3.1.2.1 id_token_hint: whoever is not the person of the hint gets an error such as login_required',
    rows: {
      'authorize: an id_token_hint that is none': [
        'to the client error=invalid_request iss state=a&b',
        'to the client error=login_required iss state=a&b',
      ],
    },
  },
  {
    clause: 'RFC 7636 §4.6: a verifier that does not fit is invalid_grant',
    rows: {
      'code: a short code_verifier': ['400 invalid_request', '400 invalid_grant'],
      'code: a long code_verifier': ['400 invalid_request', '400 invalid_grant'],
      'code: a code_verifier with other characters': ['400 invalid_request', '400 invalid_grant'],
    },
  },
  {
    clause: 'RFC 9700 §4.14.2: a reuse is found all the same; within 30 s and before the successor is used, a lost reply is told again',
    rows: {
      'refresh: used twice': ['400 invalid_grant', '200 access_token,expires_in,id_token,refresh_token,scope,token_type'],
    },
  },
  {
    clause: 'RFC 6749 §5.2 unauthorized_client: not authorized to use this grant type',
    rows: {
      'client credentials: a client without this grant': ['400 invalid_request', '400 unauthorized_client'],
      'client credentials: a public client': ['400 invalid_request', '400 unauthorized_client'],
      'device: a client without this grant': ['400 invalid_request', '400 unauthorized_client'],
      'device: poll by a client without this grant': ['400 invalid_request', '400 unauthorized_client'],
    },
  },
  {
    clause: 'RFC 6749 §5.2 invalid_client, with 401: no client authentication, one that failed, or a method that is not supported',
    rows: {
      'authentication: an empty secret by Basic': ['400 invalid_request', '401 invalid_client [Basic]'],
      'authentication: Basic without a colon': ['400 invalid_request', '401 invalid_client [Basic]'],
      'authentication: Basic that is not base64': ['400 invalid_request', '401 invalid_client [Basic]'],
      'authentication: Basic without anything': ['400 invalid_request', '401 invalid_client [Basic]'],
      'authentication: another scheme': ['400 invalid_request', '401 invalid_client [Basic]'],
      'authentication: a broken percent-encoding': ['400 invalid_request', '401 invalid_client [Basic]'],
      'authentication: none at all': ['400 invalid_request', '401 invalid_client [Basic]'],
      'authentication: Basic and another client_id': ['400 invalid_request', '401 invalid_client [Basic]'],
      'revoke: without a client': ['400 invalid_request', '401 invalid_client [Basic]'],
      'introspect: without a client': ['400 invalid_request', '401 invalid_client [Basic]'],
      'push: without a client': ['400 invalid_request', '401 invalid_client [Basic]'],
      'push: another client_id than the one that authenticates': ['400 invalid_request', '401 invalid_client [Basic]'],
      'device: without a client': ['400 invalid_request', '401 invalid_client [Basic]'],
    },
  },
  {
    clause: 'RFC 9110 §15.5.6: the path is there, and Allow names its method',
    rows: {
      'token: GET': ['404', '405 invalid_request'],
      'token: PUT': ['404', '405 invalid_request'],
      'revoke: GET': ['404', '405 invalid_request'],
      'introspect: GET': ['404', '405 invalid_request'],
      'push: GET': ['404', '405 invalid_request'],
      'register: GET': ['404', '405 invalid_request'],
      'device: GET': ['500', '405 invalid_request'],
    },
  },
  {
    clause: 'RFC 9110 §15.5.16: the type of the body is what is wrong',
    rows: {
      'token: JSON': ['400 invalid_request', '415 invalid_request'],
      'token: text': ['400 invalid_request', '415 invalid_request'],
      'push: JSON': ['400 invalid_request', '415 invalid_request'],
    },
  },
  {
    clause:
      'RFC 6750 §3.1: an unsupported method of authentication, or none that counts (§2.3 of the query, RFC 9700 §4.3.2), is told no error',
    rows: {
      'userinfo: another scheme': ['400 invalid_request [Bearer invalid_request]', '401 invalid_token [Bearer]'],
      'userinfo: token in the query': ['400 invalid_request [Bearer invalid_request]', '401 invalid_token [Bearer]'],
    },
  },
  {
    clause: 'RFC 6750 §3.1 invalid_token: malformed',
    rows: {
      'userinfo: a scheme without a token': ['400 invalid_request [Bearer invalid_request]', '401 invalid_token [Bearer invalid_token]'],
      'userinfo: two tokens in the header': ['400 invalid_request [Bearer invalid_request]', '401 invalid_token [Bearer invalid_token]'],
    },
  },
  {
    clause: 'RFC 6750 §3.1 insufficient_scope: the token is good, and has no openid',
    rows: {
      "userinfo: a client's own token": ['401 invalid_token [Bearer invalid_token]', '403 insufficient_scope [Bearer insufficient_scope]'],
    },
  },
  {
    clause: 'RFC 7009 §2.2: an invalid token is no error, and for this client it is one; so nobody learns whose it is',
    rows: {
      "revoke: another client's, by one with a secret": ['400 invalid_request', '200'],
    },
  },
  {
    clause: 'RFC 7009 §2.2.1 unsupported_token_type: self-contained, so saying that it is gone would be untrue',
    rows: {
      "revoke: a client's own token": ['200', '400 unsupported_token_type'],
    },
  },
  {
    clause: 'RFC 7662 §2.2 token_type is optional; ours keeps a refresh token from passing for an access token',
    rows: {
      'introspect: a refresh token': ['200 active of no type', '200 active refresh_token'],
      'introspect: with the wrong hint': ['200 active of no type', '200 active refresh_token'],
    },
  },
  {
    clause: 'RFC 7662 §2.1: the endpoint requires authorization, and a public client proves nothing',
    rows: {
      'introspect: by a public client': ['200 active Bearer', '401 invalid_client [Basic]'],
    },
  },
  {
    clause: 'RP-Initiated Logout §2: nobody is signed in, so there is nothing to ask before the registered URI',
    rows: {
      'logout: a hint and its URI, nobody is signed in': ['page 200', 'to https://app.example/bye state=x'],
    },
  },
  {
    clause: 'RP-Initiated Logout §6: without a valid id_token_hint the person is asked',
    rows: {
      'logout: an id_token_hint that is none': ['page 400', 'page 200'],
    },
  },
  {
    clause: 'RP-Initiated Logout §4: what fails to validate is not used, and the person is told',
    rows: {
      'logout: a URI without a client': ['page 200', 'page 400'],
    },
  },
]

export const DIFFERENCES = new Map([...GROUPS, ...LATER_GROUPS].flatMap(({ rows }) => Object.entries(rows)))
