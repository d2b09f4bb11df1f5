/** Requests about follows. */
import * as z from 'zod'
import type { FollowId } from '../../../ids.ts'
import { hexId } from '../wire.ts'

export const FollowRequestBody = z.strictObject({ request: hexId<FollowId>().meta({ description: 'The _id of the follow record' }) })
export const FollowEntryBody = z.strictObject({ entry: hexId<FollowId>().meta({ description: 'The _id of the follow record' }) })
