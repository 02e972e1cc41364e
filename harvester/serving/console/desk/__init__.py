"""The desk: the operators' half of the console, below `/{language}/desk/`, for who has signed in.

routes.py       THE table: every route with the role it needs, and what it is called in the audit log if it acts
route.py        what stands in it: Look (shows a page), Act (changes something); what they are given and give back
guard.py        the table as routes of the application: session, role, token and origin of forms, audit entry
office.py       what every page works with
attempts.py     how often one may try to sign in
signing_in.py   the first account, signing in and out, one's own password
overview.py     is everything all right?  queues.py: the review queues it counts
sources.py      Sources, run now, pause, resume; standing.py: how each stands; charts.py: verdicts as bars
adding.py       a new Source from the browser
runs.py         Runs, page by page, as they go on; stop
review.py       the review queues: doubtful verdicts, pairs that may be one work, drift
records.py      a record with all it rests on, its archived page in a frame, the forms that correct its verdict
alerts.py       alerts, deliveries, addresses that refuse mail
accounts.py     who may sign in
audit.py        the audit log

To add a page: write `show(office: Office, asked: Asked) -> Response` that returns `asked.page("desk/NAME.html", ...)`,
extend `desk/frame.html` in its template (`desk/parts.html` has what pages share), and add
`Look("path/{id}", Role.VIEWER, module.show)` to the table. To let it change something: a
`<form method="post" action="{{ desk }}path">` that begins with `{{ token() }}`, a function that returns
`Done(to="path", about="what", work=lambda unit: ...)`, and `Act("path", Role.OPERATOR, "name", module.act)` in the
table. `work` is done in one transaction with the entry of the audit log; `done.name` and `act.name` in
`words/*-desk.toml` are what is said of it. UsageError, raised anywhere, is told on a page of its own. Whatever stands
in the table is walked with every role by the tests.
"""
