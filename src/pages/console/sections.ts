/** The sections of the console, in their order, each with the scope that opens it. */
import { coveredBy, type Scope } from '../../core/scopes.ts'
import type { en } from '../../texts/en.ts'

export interface ConsoleSection {
  readonly path: string
  readonly name: keyof typeof en.console.sections
  readonly scope: Scope
}

const SECTIONS: readonly ConsoleSection[] = [
  { path: '/admin/overview', name: 'overview', scope: 'admin:statistics:read' },
  { path: '/admin/metrics', name: 'metrics', scope: 'admin:statistics:read' },
  { path: '/admin/people', name: 'people', scope: 'admin:profile:read' },
  { path: '/admin/roles', name: 'roles', scope: 'admin:roles:read' },
  { path: '/admin/clients', name: 'clients', scope: 'admin:client:read' },
  { path: '/admin/apis', name: 'apis', scope: 'admin:client:read' },
  { path: '/admin/machines', name: 'machines', scope: 'admin:client:read' },
  { path: '/admin/invite-codes', name: 'inviteCodes', scope: 'admin:profile:read' },
  { path: '/admin/mail', name: 'mail', scope: 'admin:mail:read' },
  { path: '/admin/webhooks', name: 'webhooks', scope: 'admin:webhook:read' },
  { path: '/admin/audit', name: 'audit', scope: 'admin:audit:read' },
  { path: '/admin/settings', name: 'settings', scope: 'admin:settings:read' },
  { path: '/admin/health', name: 'health', scope: 'admin:settings:read' },
]

/** Those that the holder of `held` may open. */
export function consoleSectionsOf(held: readonly Scope[]): ConsoleSection[] {
  return SECTIONS.filter(({ scope }) => coveredBy(held, scope))
}
