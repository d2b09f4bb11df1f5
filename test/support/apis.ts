/** APIs of the team's own, as rows. */
import { type ApiRow, insertApi } from '../../src/store/db/apis.ts'
import { always } from '../../src/store/db/database.ts'
import { newCtx } from './tokens.ts'

export const ORDERS = 'https://orders.example/'

/** Registers an API; by default one for orders with the scopes `orders:read` and `orders:write`. */
export async function putApi(columns: Partial<ApiRow> = {}): Promise<ApiRow> {
  const row: ApiRow = {
    resource: ORDERS,
    name: 'Orders',
    scopes: JSON.stringify([
      { name: 'orders:read', description: 'See your orders' },
      { name: 'orders:write', description: 'Place orders for you' },
    ]),
    claims: '',
    accessTokenSeconds: null,
    openToAll: 0,
    serverClientId: null,
    disabledAt: null,
    createdAt: 1,
    updatedAt: 1,
    ...columns,
  }
  await newCtx().db.one(insertApi(row, always))
  return row
}
