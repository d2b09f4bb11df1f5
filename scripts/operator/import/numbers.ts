/** A number for each of many millions of texts, of which only a hash is kept: up to 48 bytes for each. */
import { hash } from 'node:crypto'

const SLOTS_AT_FIRST = 1_024

/** 53 bits, never 0: two of a million texts have the same with a chance of one in 18,000. */
function keyOf(text: string): number {
  const bytes = hash('sha256', text, 'buffer')
  return bytes.readUIntBE(0, 6) * 32 + ((bytes[6] ?? 0) & 31) || 1
}

export class Numbers {
  /** 0: a free slot. A text is in the first slot from its hash on that was free. */
  #keys = new Float64Array(SLOTS_AT_FIRST)
  #values = new Uint32Array(SLOTS_AT_FIRST)
  #count = 0

  get(text: string): number | undefined {
    const slot = this.#slotOf(keyOf(text))
    return this.#keys[slot] === 0 ? undefined : this.#values[slot]
  }

  /** Sets it where there is none. Returns what there was. */
  add(text: string, value: number): number | undefined {
    const key = keyOf(text)
    const slot = this.#slotOf(key)
    if (this.#keys[slot] !== 0) return this.#values[slot]
    this.#keys[slot] = key
    this.#values[slot] = value
    if (++this.#count * 2 > this.#keys.length) this.#grow()
    return undefined
  }

  #slotOf(key: number): number {
    const size = this.#keys.length
    let slot = key % size
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) % size
    return slot
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values]
    this.#keys = new Float64Array(keys.length * 2)
    this.#values = new Uint32Array(keys.length * 2)
    for (const [at, key] of keys.entries()) {
      if (key === 0) continue
      const slot = this.#slotOf(key)
      this.#keys[slot] = key
      this.#values[slot] = values[at] ?? 0
    }
  }
}
