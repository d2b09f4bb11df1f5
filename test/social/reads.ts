/** How people ask about somebody, and the lists in which somebody can turn up unasked: each route of reads under its name. */
import type { Reply } from '../support/kith.ts'
import type { Person } from '../support/people.ts'

export type Somebody = Pick<Person, 'id' | 'username'>
export type Question = (by: Person, about: Somebody, third: Somebody) => Promise<Reply>

export const QUESTIONS: Readonly<Record<string, Question>> = {
  'GET /user/:userId{[0-9a-f]{24}}': (by, { id }) => by.client.get(`/user/${id}`),
  'GET /user/info/:userId': (by, { id }) => by.client.get(`/user/info/${id}`),
  'GET /user/by-username/:username': (by, { username }) => by.client.get(`/user/by-username/${username}`),
  'GET /user/:userId/followers': (by, { id }) => by.client.get(`/user/${id}/followers`),
  'GET /user/:userId/following': (by, { id }) => by.client.get(`/user/${id}/following`),
  'GET /user/follow-status': (by, { id }) => by.client.get(`/user/follow-status?target=${id}`),
  'GET /user/follow-status/:userId': (by, { id }) => by.client.get(`/user/follow-status/${id}`),
  'POST /user/lookup': (by, { id }) => by.client.post('/user/lookup', { targets: [id] }),
  'POST /user/lookup of several': (by, { id }, third) => by.client.post('/user/lookup', { targets: [third.id, id, by.id] }),
  'POST /user/relationships': (by, { id }, third) => by.client.post('/user/relationships', { targets: [third.id, id] }),
  'POST /user/search by id': (by, { id }) => by.client.post('/user/search', { query: id }),
  'POST /user/search by name': (by, { username }) => by.client.post('/user/search', { query: username }),
  'POST /user/search by prefix': (by, { username }) => by.client.post('/user/search', { query: username.slice(0, 9), limit: 20 }),
}

export const LISTS: Readonly<Record<string, (by: Person, third: Somebody) => Promise<Reply>>> = {
  'GET /user/followers': (by) => by.client.get('/user/followers?limit=100'),
  'GET /user/following': (by) => by.client.get('/user/following?limit=100'),
  'GET /user/follow-requests': (by) => by.client.get('/user/follow-requests?limit=100'),
  'GET /user/suggestions': (by) => by.client.get('/user/suggestions'),
  'GET /user/blocks': (by) => by.client.get('/user/blocks?limit=100'),
  'GET /user/:userId/followers of a third': (by, third) => by.client.get(`/user/${third.id}/followers?limit=100`),
  'GET /user/:userId/following of a third': (by, third) => by.client.get(`/user/${third.id}/following?limit=100`),
}
