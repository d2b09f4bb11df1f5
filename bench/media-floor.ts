/**
 * The floors of `npm run bench -- --media`: a bare Worker that streams a body into R2 and out again, and does one D1
 * read before an R2 read. The cost of the local simulator's storage is in these as it is in Kith. Never deployed.
 */
interface Env {
  readonly DB: D1Database
  readonly MEDIA: R2Bucket
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url)
    if (request.method === 'POST') {
      await env.MEDIA.put(pathname, request.body)
      return Response.json({ ok: 1 }, { status: 201 })
    }
    if (pathname.startsWith('/with-row/')) {
      const row = await env.DB.withSession('first-primary').prepare('SELECT * FROM floor_users WHERE id = 1').first()
      if (!row) return new Response(null, { status: 500 })
    }
    const object = await env.MEDIA.get(pathname.replace('/with-row', ''))
    return new Response(object?.body ?? null, { status: object ? 200 : 404 })
  },
} satisfies ExportedHandler<Env>
