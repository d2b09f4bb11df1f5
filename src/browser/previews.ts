/**
 * Previews of files. What the browser cannot show says so; and what was paused for longer than its link lasts goes on, because the
 * page's URL leads to a new link each time.
 */
const isOver = (shown: Element) =>
  shown instanceof HTMLImageElement ? shown.complete && shown.naturalWidth === 0 : (shown as HTMLMediaElement).error !== null

function resume(media: HTMLMediaElement): void {
  const { currentTime } = media
  media.load()
  media.addEventListener(
    'loadedmetadata',
    () => {
      media.currentTime = currentTime
      void media.play().catch(() => undefined)
    },
    { once: true },
  )
}

export function previews(): void {
  for (const shown of document.querySelectorAll<HTMLElement>('[data-preview]')) {
    const fail = () => {
      if (shown instanceof HTMLMediaElement && shown.currentTime > 0 && shown.error?.code === MediaError.MEDIA_ERR_NETWORK)
        return resume(shown)
      shown.hidden = true
      if (shown.nextElementSibling instanceof HTMLElement) shown.nextElementSibling.hidden = false
    }
    shown.addEventListener('error', fail)
    if (isOver(shown)) fail()
  }
}
