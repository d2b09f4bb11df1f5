/** The console's pages about machine clients: robots, API keys and license keys. */
import { Hono } from 'hono'
import type { AppEnv } from '../../../http/app-env.ts'
import { machineList } from './list.tsx'
import { newMachinePages } from './new.tsx'
import { machineRevocation } from './revoke.tsx'

export const machinePages = new Hono<AppEnv>().route('/', machineList).route('/', newMachinePages).route('/', machineRevocation)
