/**
 * The "Sample code" of seed 003 as printed, in Node (npm `request`) and PHP (curl), with its placeholders. Only what no parser
 * accepts is repaired: in the Node sample of an upload, two missing braces and the unquoted placeholders of files.
 */

const NODE_END = `request(options, function (error, response) {
  if (error) throw new Error(error);
  console.log(response.body);
});
`

const PHP_END = `
$response = curl_exec($curl);

curl_close($curl);
echo $response;
`

export const NODE = {
  getProfile: `var request = require('request');
var options = {
  'method': 'GET',
  'url': 'https://<domain>/<api prefix>/<version>/user/get/profile/',
  'headers': {
    'apikey': '<apikey>',
    'Authorization': 'Bearer <access-token>',
  },
  formData: {}
};
${NODE_END}`,
  updateProfile: `var request = require('request');
var options = {
  'method': 'POST',
  'url': 'https://<domain>/<api prefix>/<version>/user/update/profile/',
  'headers': {
    'apikey': '<apikey>',
    'Authorization': 'Bearer <access-token>',
  },
  formData: {
    'first_name': '<first_name>',
    'last_name': '<last_name>',
    'email': '<email>',
    'phone_number': '<phone_number>'
  }
};
${NODE_END}`,
  profileImage: `var request = require('request');
var options = {
  'method': 'POST',
  'url': 'https://<domain>/<api prefix>/<version>/user/profile/profile-image/',
  'headers': {
    'apikey': '<apikey>',
    'Authorization': 'Bearer <access-token>',
  },
  formData: {
    'image': {
      'value': require('fs').createReadStream('<image uri>'),
      'options': {
        'filename': '<image name>',
        'contentType': null
      }
    },
    'cropped_image': {
      'value': require('fs').createReadStream('<cropped_image uri>'),
      'options': {
        'filename': '<cropped_image name>',
        'contentType': null
      }
    }
  }
};
${NODE_END}`,
  localInfo: `var request = require('request');
var options = {
  'method': 'GET',
  'url': 'https://<domain>/<api prefix>/<version>/get/local-info/',
  'headers': {
    'apikey': '<apikey>',
    'Authorization': 'Bearer <access token>',
  }
};
${NODE_END}`,
} as const

export const PHP = {
  getProfile: `<?php

$curl = curl_init();

curl_setopt_array($curl, array(
  CURLOPT_URL => "https://<domain>/<api prefix>/<version>/user/get/profile/",
  CURLOPT_RETURNTRANSFER => true,
  CURLOPT_ENCODING => "",
  CURLOPT_MAXREDIRS => 10,
  CURLOPT_TIMEOUT => 0,
  CURLOPT_FOLLOWLOCATION => true,
  CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
  CURLOPT_CUSTOMREQUEST => "GET",
  CURLOPT_HTTPHEADER => array(
    "apikey: <apikey>",
    "Authorization: Bearer <access-token>"
  ),
));
${PHP_END}`,
  updateProfile: `<?php

$curl = curl_init();

curl_setopt_array($curl, array(
  CURLOPT_URL => "https://<domain>/<api prefix>/<version>/user/update/profile/",
  CURLOPT_RETURNTRANSFER => true,
  CURLOPT_ENCODING => "",
  CURLOPT_MAXREDIRS => 10,
  CURLOPT_TIMEOUT => 0,
  CURLOPT_FOLLOWLOCATION => true,
  CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
  CURLOPT_CUSTOMREQUEST => "POST",
  CURLOPT_POSTFIELDS => array('first_name' => '<first_name>','last_name' => '<last_name>','email' => '<email>','phone_number' => '<phone_number>'),
  CURLOPT_HTTPHEADER => array(
    "apikey: <apikey>",
    "Authorization: Bearer <access-token>"
  ),
));
${PHP_END}`,
  profileImage: `<?php

$curl = curl_init();

curl_setopt_array($curl, array(
  CURLOPT_URL => "https://<domain>/<api prefix>/<version>/user/profile/profile-image/",
  CURLOPT_RETURNTRANSFER => true,
  CURLOPT_ENCODING => "",
  CURLOPT_MAXREDIRS => 10,
  CURLOPT_TIMEOUT => 30,
  CURLOPT_FOLLOWLOCATION => true,
  CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
  CURLOPT_CUSTOMREQUEST => "POST",
  CURLOPT_POSTFIELDS => array('image'=> new CURLFILE('<image root path>'), 'cropped_image'=> new CURLFILE('<cropped_image root path>')),
  CURLOPT_HTTPHEADER => array(
    "apikey: <apikey>",
    "Authorization: Bearer <access-token>"
  ),
));
${PHP_END}`,
  localInfo: `<?php

$curl = curl_init();

curl_setopt_array($curl, array(
  CURLOPT_URL => 'https://<domain>/<api prefix>/<version>/get/local-info/',
  CURLOPT_RETURNTRANSFER => true,
  CURLOPT_ENCODING => '',
  CURLOPT_MAXREDIRS => 10,
  CURLOPT_TIMEOUT => 0,
  CURLOPT_FOLLOWLOCATION => true,
  CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
  CURLOPT_CUSTOMREQUEST => 'GET',
  CURLOPT_HTTPHEADER => array(
    'apikey: <apikey>',
    'Authorization: Bearer <access token>'
  ),
));
${PHP_END}`,
} as const

/** The printed answers, with the comma after `UserProfile` and the dots in the lists repaired. */
export const ANSWERS = {
  getProfile: {
    status_code: 200,
    errors: {},
    data: {
      UserProfile: [
        {
          username: '<username>',
          first_name: '<first name>',
          last_name: '<last name>',
          email: '<email>',
          phone_code: '<phone code>',
          phone_number: '<phone number>',
          country_code: '<country code>',
        },
      ],
      ProfileImage: '<image_path>',
      UserLocInfo: { lan: '<language_key>', tz: '<timezone>', currency: '<currency_code>' },
    },
  },
  updateProfile: { status_code: 200, errors: {}, data: {} },
  profileImage: { status_code: 200, errors: {}, data: { image_url: '<image_url>' } },
  localInfo: {
    status_code: 200,
    errors: {},
    data: {
      languages: [{ key: '<language_key>', name: '<language_name>' }],
      currencies: [{ key: '<currency_code>', name: '<currency_name>' }],
      timezones: [{ key: '<timezone_key>', name: '<timezone_name>' }],
    },
  },
} as const
