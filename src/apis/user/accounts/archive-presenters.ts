/** Replies about archives. */
import * as z from 'zod'
import { type Archive, type ArchiveLink, stateOf } from '../../../core/archives/archives.ts'
import { toHex } from '../../../ids.ts'
import { date, ok, toIso } from '../replies.ts'

const UserArchive = z
  .strictObject({
    _id: z.string(),
    state: z.enum(['making', 'ready', 'failed']),
    createdAt: z.iso.datetime(),
    readyAt: date,
    expiresAt: z.iso.datetime(),
    bytes: z.int().nullable(),
    files: z.int().nullable(),
  })
  .meta({ id: 'UserArchive' })

export function toArchive(archive: Archive): z.output<typeof UserArchive> {
  const { id, createdAt, readyAt, expiresAt, bytes, files } = archive
  const times = { createdAt: new Date(createdAt).toISOString(), readyAt: toIso(readyAt), expiresAt: new Date(expiresAt).toISOString() }
  return { _id: toHex(id), state: stateOf(archive), ...times, bytes, files }
}

const Link = z.strictObject({ url: z.url(), expiresAt: z.iso.datetime() }).meta({ id: 'ArchiveLink' })

export function toArchiveLink({ url, expiresAt }: ArchiveLink): z.output<typeof Link> {
  return { url, expiresAt: new Date(expiresAt).toISOString() }
}

export const ArchiveReply = ok(z.strictObject({ archive: UserArchive }))
export const ArchivesReply = ok(z.strictObject({ records: z.array(UserArchive) }))
export const ArchiveLinkReply = ok(z.strictObject({ link: Link }))

const AT = '2026-11-30T09:00:00.000Z'
const ID = '0000000000000dba5c3a2f00'
export const EXAMPLE_ARCHIVE: z.output<typeof UserArchive> = {
  _id: ID,
  state: 'ready',
  createdAt: AT,
  readyAt: '2026-11-30T09:04:11.000Z',
  expiresAt: '2026-12-07T09:04:11.000Z',
  bytes: 73_400_320,
  files: 214,
}
export const EXAMPLE_ARCHIVE_LINK: z.output<typeof Link> = {
  url: `https://id.example.com/user/archives/${ID}/content?expires=1796032800000`,
  expiresAt: '2026-11-30T11:20:00.000Z',
}
