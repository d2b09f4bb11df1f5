/** What the stand-ins use of it. It comes without types. */
declare module 'whatwg-fetch' {
  export const fetch: typeof globalThis.fetch
  export const Headers: typeof globalThis.Headers
  export const Response: typeof globalThis.Response
  export class Request extends globalThis.Request {
    readonly _bodyInit?: BodyInit | null
  }
}
