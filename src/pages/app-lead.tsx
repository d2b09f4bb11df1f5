/** Which app the person goes on to, with its picture where the operator has registered one. */
import type { ClientFace } from '../core/oauth/client-face.ts'
import { Isolated } from './isolated.tsx'
import { Filled } from './texts.tsx'

/** `text`: with `{app}`. */
export function AppLead({ text, app: { name, logoUri } }: { text: string; app: ClientFace }) {
  return (
    <>
      {logoUri !== null && <img class="app-logo" src={logoUri} alt="" width="40" height="40" />}
      <Filled
        text={text}
        with={{
          app: (
            <strong>
              <Isolated>{name}</Isolated>
            </strong>
          ),
        }}
      />
    </>
  )
}
