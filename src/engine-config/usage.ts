export const usage = `Usage: engine-config ACTION [OPTION]...
Shows and changes the configuration of lastgood, in the manner of oVirt's engine-config.
Changes take effect at once, and each leaves an event that says who made it.

Actions; one of them is the first argument:
  -l, --list                         list every key with its description and type
  -a, --all                          print the value of every key
  -g KEY, --get=KEY                  print the value of a key
  -s KEY=VALUE, --set KEY=VALUE      set the value of a key
  -m KEY=VALUE, --merge KEY=VALUE    add to the value of a key that is a list
  -d, --diff                         print the keys whose value is not the default
  -h, --help                         print this
  --help=KEY                         print what is known of a key

Options:
  --cver=VERSION         the version of the value; every key has one, 'general'
  --database-url=URL     the database, before DATABASE_URL and the PG* variables

Accepted for the sake of existing scripts, without effect:
  -p FILE, --properties=FILE    -c FILE, --config=FILE    --log-file=FILE    --log-level=LEVEL

Results go to stdout, errors and remarks to stderr.

Exit status:
  0  done
  1  any error
`;
