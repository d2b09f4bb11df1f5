/** What seed 004 prints, word for word: the request, the answer, the errors. Repairs are listed in wire §5.3. */
import type { Json } from './samples.ts'

/** "HTTP request#". The last seven lines end in the backslash that the others have lost. */
export const PRINTED_CURL = [
  'curl --location --request POST "https://{api-base-url}/api/v1/users/createUser"',
  '--header "accept: */*"',
  '--header "Content-Type: multipart/form-data"',
  '--header "Authorization: AuthToken"',
  '--form "deviceType=":deviceType""',
  '--form "licenseKey=":licenseKey""',
  '--form "userIdentifier=":userIdentifier""',
  '--form "deviceOsVersion=":deviceOsVersion""',
  '--form "deviceToken=":deviceToken""',
  '--form "voipDeviceToken=":voipDeviceToke""',
  '--form "mode=":mode""',
  '--form "nickname=":nickName""',
  '--form "mobileNumber=":mobileNumber""',
  '--form "email=":emailId""',
  '--form "profileUrl=":profileUrl""',
  '--form "profileFile=@":profileFile""',
  '--form "metadataKey1=":metadataKey1"" \\',
  '--form "metadataValue1=":metadataValue1"" \\',
  '--form "metadataKey2=":metadataKey2"" \\',
  '--form "metadataValue2=":metadataValue2"" \\',
  '--form "metadataKey3=":metadataKey3"" \\',
  '--form "metadataValue3=":metadataValue3""',
]

/** "Responses#", without its comments. */
export const PRINTED_ANSWER: Json = {
  status: 200,
  data: {
    token: '',
    username: '99XXXXXX11',
    password: 'XXXXXXX',
    isProfileUpdated: true,
    mobileNumber: '99XXXXXXX00',
    nickname: 'User A',
    profileUrl: '',
    profileUrlThumb: '',
    email: 'user@gmail.com',
    userId: '99XXXXXX11',
  },
  message: 'User created successfully',
}

/** "Error#". */
export const PRINTED_401 = { status: 401, message: 'Token Expired' }
export const PRINTED_400: Json = { status: 400, message: 'Error Message' }

/** A value for each placeholder of the request, taken from the answer where it has one. */
export const VALUES = {
  deviceType: 'ios',
  userIdentifier: '99000000011',
  deviceOsVersion: '17.1.1',
  deviceToken: 'device-token',
  voipDeviceToke: 'voip-device-token',
  mode: '1',
  nickName: 'User A',
  mobileNumber: '99000000000',
  emailId: 'user@gmail.com',
  profileUrl: 'https://example.com/user-a.png',
  metadataKey1: 'team',
  metadataValue1: 'blue',
  metadataKey2: 'level',
  metadataValue2: '7',
  metadataKey3: 'city',
  metadataValue3: 'Chennai',
} as const

/** The printed command, repaired: each placeholder has a value, and each line but the last continues. */
export function repairedCurl(base: string, token: string, values: Readonly<Record<string, string>>): string {
  const quoted = (value: string) => `'${value.replaceAll("'", "'\\''")}'`
  return PRINTED_CURL.map((line) =>
    line
      .replace(/ \\$/, '')
      .replace('https://{api-base-url}', base)
      .replace('AuthToken', token)
      .replace(/:(\w+)""$/, (_, name: string) => `${quoted(values[name] ?? '')}""`),
  ).join(' \\\n')
}
