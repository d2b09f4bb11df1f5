/** Buttons that copy a text of the page: `data-copy` is the id of its element, `data-copied` what the button says then. Without the script there are none. */
export function copyButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
    button.hidden = false
    button.addEventListener('click', async () => {
      const { copy = '', copied = '' } = button.dataset
      await navigator.clipboard.writeText(document.getElementById(copy)?.textContent ?? '')
      button.textContent = copied
    })
  }
}
