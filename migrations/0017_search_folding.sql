-- People are found without the apostrophes of their names, and with spaces for dashes and dots: strings from before follow.
INSERT INTO search_strings (string, user_id)
SELECT DISTINCT trim(replace(replace(replace(replace(string, '''', ''), '-', ' '), '. ', ' '), '.', ' ')), user_id FROM search_strings
WHERE (instr(string, '''') > 0 OR instr(string, '-') > 0 OR instr(string, '.') > 0)
  AND trim(replace(replace(replace(replace(string, '''', ''), '-', ' '), '. ', ' '), '.', ' ')) <> ''
ON CONFLICT (string, user_id) DO NOTHING;
--> statement-breakpoint
DELETE FROM search_strings WHERE instr(string, '''') > 0 OR instr(string, '-') > 0 OR instr(string, '.') > 0;
