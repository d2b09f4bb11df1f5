import { useKith } from '@kith/client/react'
import { useEffect, useState } from 'react'
import { Problem, Upload, useTask } from './tasks.tsx'

export function Files() {
  const kith = useKith()
  const [files, setFiles] = useState<{ _id: string; name: string; size: number }[]>([])
  const list = useTask(async () => setFiles((await kith.get('/user/media/files')).records))
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => void list.run(), [])
  return (
    <section>
      <h2>Files</h2>
      <Upload label="Add a file" send={(file, options) => kith.upload(file, options).then(() => list.run())} />
      <Problem error={list.error} retry={list.run} />
      <ul>
        {files.map(({ _id, name, size }) => (
          <li key={_id}>{`${name}, ${Math.ceil(size / 1024)} KB`}</li>
        ))}
      </ul>
    </section>
  )
}
