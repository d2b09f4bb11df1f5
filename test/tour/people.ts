/** Other people, as the caller may see them. */
import { COUNTED_READ, counted, PAGE, type Stops } from './tour.ts'

export const stops: Stops = {
  'GET /user/:userId{[0-9a-f]{24}}': { ...COUNTED_READ, access: 'delegated:profile:read', client: 'client:profile:read' },
  'GET /user/info/:userId': { ...COUNTED_READ, access: 'delegated:profile:read', client: 'client:profile:read' },
  'GET /user/by-username/:username': {
    ...COUNTED_READ,
    access: 'delegated:profile:read',
    client: 'client:profile:read',
    param: ({ other }) => other.username,
  },
  'GET /user/:userId/followers': { ...counted(PAGE), access: 'delegated:social:follow:read' },
  'GET /user/:userId/following': { ...counted(PAGE), access: 'delegated:social:follow:read' },
}
