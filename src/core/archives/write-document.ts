/**
 * The document of an export, written list by list and page by page, so that even a celebrity's needs little memory. Every
 * page passes the gate: if the session ends, so does the document. The longest lists come last, so that they take no pages
 * from the others.
 */
import type * as z from 'zod'
import { toHex } from '../../ids.ts'
import { newPageBudget, type PageBudget, readAll, readUnlisted } from '../accounts/export.ts'
import { listOwnAudit } from '../admin/audit.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import { avatarUrl } from '../media/avatar-urls.ts'
import { listOwnFiles } from '../media/files.ts'
import { listOwnFolders } from '../media/folders.ts'
import { listConnectedApps } from '../oauth/connected-apps.ts'
import type { Listed, Page } from '../paging.ts'
import { listSecondFactors } from '../sessions/second-factors.ts'
import { listSessions } from '../sessions/sessions.ts'
import { listBlockedUsers } from '../social/blocks.ts'
import { listOwnFollowNames } from '../social/lists.ts'
import type { SeenUser } from '../social/visibility.ts'
import * as document from './document.ts'

export interface DocumentStart {
  readonly profile: SeenUser
  readonly madeAt: number
  readonly budget?: PageBudget
}

/** The parts of the document, each read when it is asked for. */
export async function* writeDocument(
  ctx: Ctx,
  gate: Gate,
  { budget = newPageBudget(), ...about }: DocumentStart,
): AsyncGenerator<string, void, undefined> {
  const start = { ...about, budget }
  const incomplete: { list: string; rest: string | null }[] = []
  yield `{\n${member('about', { madeAt: new Date(start.madeAt).toISOString(), fields: document.describeFields(document.AccountExport) })}`
  const whole = readWhole(ctx, gate, start)
  const lists = listsOf(ctx, gate).map((list) => begin(start.budget, list))
  for (const [name, value] of Object.entries(await whole)) yield `,\n${member(name, value)}`
  for (const { name, path, pages, first } of lists) {
    yield `,\n${JSON.stringify(name)}: [`
    let page = await first
    for (let separator = '\n'; !page.done; page = await pages.next()) {
      if (page.value.length === 0) continue
      yield separator + page.value.map((record) => JSON.stringify(record)).join(',\n')
      separator = ',\n'
    }
    yield ']'
    if (page.value) incomplete.push({ list: name, rest: path && restOf(path, page.value.before) })
  }
  yield `,\n${member('incomplete', incomplete)}\n}\n`
}

const member = (name: string, value: unknown) => `${JSON.stringify(name)}: ${JSON.stringify(value, null, 2)}`

function restOf(path: string, before: number | null): string {
  return `GET ${path}?limit=100${before === null ? '' : `&offset=${toHex(before)}`}`
}

/** The parts that are short for everyone. */
async function readWhole(ctx: Ctx, gate: Gate, { profile }: DocumentStart): Promise<Partial<z.output<typeof document.AccountExport>>> {
  const [factors, apps, folders, unlisted] = await Promise.all([
    listSecondFactors(ctx, gate),
    listConnectedApps(ctx, gate),
    listOwnFolders(gate),
    readUnlisted(ctx, gate),
  ])
  const { inviteCodes, inviter, knownNetworks, pushDevices, identities, providers, passkeys, externalIds } = unlisted
  return {
    profile: document.Profile.parse({ ...profile, pictureUrl: avatarUrl(ctx, profile.avatarKey) }),
    signIn: document.SignIn.parse({ ...factors, secondFactors: factors.factors, passkeys, knownNetworks }),
    invitation: document.Invitation.parse({ invitedBy: inviter, codes: inviteCodes }),
    connectedApps: apps.map((app) => document.ConnectedApp.parse(app)),
    pushDevices: pushDevices.map((device) => document.PushDevice.parse(device)),
    providers: providers.map((provider) => document.LinkedProvider.parse(provider)),
    externalIds: externalIds.map((id) => document.ExternalId.parse(id)),
    externalIdentities: identities.map((identity) => document.ExternalIdentity.parse(identity)),
    folders: folders.map((folder) => document.Folder.parse(folder)),
  }
}

interface ExportedList {
  readonly name: keyof z.output<typeof document.AccountExport>
  /** The path that returns the rest; null if there is none. */
  readonly path: string | null
  readonly read: (page: Page) => Promise<Listed<unknown>>
}

/** With its first page on the way: the first pages of all lists are read side by side, and are little even of the longest. */
function begin(budget: PageBudget, { name, path, read }: ExportedList) {
  const pages = readAll(budget, read)
  const first = pages.next()
  // Reported when its turn has come.
  first.catch(() => undefined)
  return { name, path, pages, first }
}

function listsOf(ctx: Ctx, gate: Gate): ExportedList[] {
  const list = <Row>(
    name: ExportedList['name'],
    path: string | null,
    read: (page: Page) => Promise<Listed<Row>>,
    show: (row: Row) => unknown,
  ): ExportedList => ({
    name,
    path,
    read: async (page) => {
      const { records, next } = await read(page)
      return { records: records.map(show), next }
    },
  })
  const contentUrl = (id: number) => `${ctx.config.origin}/user/media/files/${toHex(id)}/content`
  const follows = (name: 'followers' | 'following' | 'requests' | 'requested', path: string | null) =>
    list(
      name,
      path,
      (page) => listOwnFollowNames(ctx, gate, name, page),
      ({ userId, username, createdAt }) => document.Person.parse({ id: userId, username, createdAt }),
    )
  return [
    list(
      'sessions',
      '/user/sessions',
      (page) => listSessions(ctx, gate, page),
      ({ detail, ...session }) =>
        document.Session.parse({ ...session, userAgent: detail?.userAgent ?? null, place: detail?.place ?? null }),
    ),
    list(
      'files',
      '/user/media/files',
      (page) => listOwnFiles(ctx, gate, undefined, page),
      ({ digest, ...file }) =>
        document.MediaFile.parse({ ...file, sha256: Buffer.from(digest ?? '', 'base64url').toString('hex'), url: contentUrl(file.id) }),
    ),
    list(
      'blocks',
      '/user/blocks',
      (page) => listBlockedUsers(ctx, gate, page),
      ({ user, createdAt }) => document.Person.parse({ ...user, createdAt }),
    ),
    follows('requested', null),
    follows('following', '/user/following'),
    list(
      'auditTrail',
      '/user/audit',
      (page) => listOwnAudit(ctx, gate, page),
      (event) => document.AuditEvent.parse(event),
    ),
    follows('requests', '/user/follow-requests'),
    follows('followers', '/user/followers'),
  ]
}
