"""The pages' own words in Arabic and English, and how days and ages are written in each.

It must not know a page's layout.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from workers.titles import Language

RIGHT_TO_LEFT: frozenset[Language] = frozenset({"ar"})

_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTHS_AR = (
    "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
)  # fmt: skip

_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAYS_AR = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")

_WORDS: dict[str, tuple[str, str]] = {
    # name: (Arabic, English)
    "name": ("مرصد", "Marsad"),
    "subscriptions": ("الاشتراكات", "Subscriptions"),
    "subscription": ("الاشتراك", "Subscription"),
    "subscriptions_lead": (
        "من يُخبَر بأي تغيّر، ومتى، وعلى أي عنوان.",
        "Who is told of which changes, when, and where.",
    ),
    "no_subscriptions": ("لا اشتراكات بعد.", "No subscriptions yet."),
    "sub_number": ("الرقم", "No."),
    "sub_wants": ("المطلوب", "Wants"),
    "sub_new": ("اشتراك جديد", "New subscription"),
    "sub_add": ("أضف", "Add"),
    "sub_save": ("احفظ", "Save"),
    "sub_test": ("أرسل رسالة اختبار", "Send a test message"),
    "sub_enable": ("أعد تشغيل القنوات", "Take channels into use again"),
    "sub_end": ("أنهِ الاشتراك", "End this subscription"),
    "sub_accepted": ("قُبلت رسالة الاختبار.", "accepted the test message."),
    "sub_refused": ("لم تُقبل رسالة الاختبار:", "did not accept the test message:"),
    "sub_channels": ("القنوات", "Channels"),
    "sub_channels_help": (
        "سطر لكل قناة: عنوان ويب، أو بريد إلكتروني، أو عنوان بصيغة Apprise.",
        "One a line: a web address, an e-mail address, or an address in the form of Apprise.",
    ),
    "sub_actors": ("الأطراف", "Actors"),
    "sub_issues": ("القضايا", "Issues"),
    "sub_changes": ("أنواع التغيّر", "Kinds of change"),
    "sub_stances": ("المواقف الجديدة", "Stances then held"),
    "sub_confidence": ("أدنى ثقة", "Least confidence"),
    "sub_sources": ("أدنى عدد من المصادر المستقلة", "Least independent sources"),
    "sub_digest": ("الإيقاع", "Pace"),
    "pace-now": ("فورًا", "at once"),
    "pace-hourly": ("كل ساعة", "hourly"),
    "pace-daily": ("كل يوم", "daily"),
    "sub_hour": ("ساعة الرسالة اليومية", "Hour of the daily message"),
    "sub_quiet": ("ساعات الهدوء", "Quiet hours"),
    "sub_zone": ("المنطقة الزمنية", "Time zone"),
    "sub_muted": ("صامت حتى", "Muted until"),
    "sub_language": ("لغة الرسائل", "Language of messages"),
    "sub_secret": (
        "السر الذي تُوقَّع به الرسائل، ولن يظهر ثانية،",
        "The secret that signs messages, shown this once,",
    ),
    "sub_backtest": (
        "كان سيرسل {n} رسالة في آخر {days} يوما",
        "It would have sent {n} messages in the last {days} days",
    ),
    "tagline": ("ما تقوله القوى، ومتى تغيّر", "What the powers hold, and when it changed"),
    "nav": ("أقسام الموقع", "Sections"),
    "skip": ("إلى المحتوى", "Skip to content"),
    "positions": ("المواقف", "Positions"),
    "changes": ("التغيّرات", "Changes"),
    "summits": ("اللقاءات", "Meetings"),
    "other_language": ("English", "العربية"),
    "matrix_title": ("المواقف الحالية", "Current positions"),
    "as_of_title": ("المواقف كما كانت", "Positions as they stood on"),
    "matrix_lead": (
        "موقف كل طرف من كل قضية، كما قرئ من الأخبار العربية. افتح خانة لترى الدليل والتاريخ.",
        "Where each actor stands on each issue, as read from Arabic news. Open a cell for its evidence and history.",
    ),
    "issue": ("القضية", "Issue"),
    "since": ("منذ", "since"),
    "by": ("على لسان", "by"),
    "none": ("لا موقف مسجّل", "no position on record"),
    "contested": ("متنازع فيه", "contested"),
    "contested_long": ("أقوال متعارضة من المستوى نفسه في اليوم نفسه.", "Equals contradicted each other on one day."),
    "unconfirmed": ("خبر مخالف غير مؤكد", "unconfirmed report"),
    "unconfirmed_long": (
        "مصدر لم يُسمَّ قال غير هذا بعد آخر تأكيد.",
        "An anonymous source has said otherwise since it was last confirmed.",
    ),
    "supports": ("يؤيد", "supports"),
    "opposes": ("يعارض", "opposes"),
    "conditional": ("بشروط", "conditional"),
    "undecided": ("لم يحسم", "undecided"),
    "legend": ("مفتاح الألوان", "Legend"),
    "as_of": ("كما كانت في يوم", "As of day"),
    "known_at": ("بحسب ما عُلم حتى", "As known on"),
    "show": ("اعرض", "Show"),
    "now": ("الآن", "Back to now"),
    "all_actors": ("كل الأطراف", "All actors"),
    "tracked_actors": ("الأطراف المتابَعة", "Tracked actors only"),
    "fresh": ("حديث", "fresh"),
    "aging": ("لم يؤكَّد مؤخرا", "ageing"),
    "stale": ("قديم", "stale"),
    "confirmed_short": ("تأكد", "confirmed"),
    "confirmed": ("آخر تأكيد", "last confirmed"),
    "established_by": ("أول من أعلنه", "established by"),
    "sources": ("مصادر مستقلة", "independent sources"),
    "confidence": ("الثقة", "confidence"),
    "previous": ("الموقف السابق", "position before"),
    "proposition": ("القضية كما صيغت", "The proposition"),
    "evidence": ("الدليل", "Evidence"),
    "history": ("كيف تغيّر الموقف", "How the position changed"),
    "no_history": ("لا تغيّر مسجّلا بعد.", "No change on record yet."),
    "no_position": (
        "لم يُقرأ بعد موقف لهذا الطرف من هذه القضية.",
        "No position of this actor on this issue has been read yet.",
    ),
    "read_article": ("اقرأ المقال", "Read the article"),
    "no_text": ("نص المقال لم يعد محفوظا.", "The article's text is no longer kept."),
    "back": ("كل المواقف", "All positions"),
    "established": ("موقف أول", "established"),
    "shifted": ("تحوّل", "shifted"),
    "reversed": ("انقلاب", "reversed"),
    "reaffirmed": ("تأكيد", "reaffirmed"),
    "changes_lead": (
        "كل تغيّر في المواقف، الأحدث تسجيلا أولا.",
        "Every change of a position, latest recorded first.",
    ),
    "no_changes": ("لا تغيّر يطابق ما طلبت.", "No change matches."),
    "older": ("الأقدم", "Older"),
    "newest": ("الأحدث", "Newest"),
    "actor": ("الطرف", "Actor"),
    "kind": ("نوع التغيّر", "Kind"),
    "any": ("الكل", "any"),
    "filter": ("صفِّ", "Filter"),
    "summits_lead": (
        "لقاءات القادة والوزراء والمبعوثين، كما وردت في الأخبار.",
        "Meetings of leaders, ministers and envoys, as the news had them.",
    ),
    "no_summits": ("لم يُقرأ لقاء بعد.", "No meeting has been read yet."),
    "held": ("عُقد", "held"),
    "under-way": ("جارٍ", "under way"),
    "scheduled": ("مقرر", "scheduled"),
    "proposed": ("مقترح", "proposed"),
    "postponed": ("مؤجل", "postponed"),
    "cancelled": ("ملغى", "cancelled"),
    "ruled-out": ("مستبعد", "ruled out"),
    "leaders": ("قمة قادة", "leaders"),
    "ministers": ("وزراء", "ministers"),
    "envoys": ("مبعوثون", "envoys"),
    "in-person": ("حضوريا", "in person"),
    "online": ("عن بُعد", "online"),
    "hybrid": ("حضوريا وعن بُعد", "hybrid"),
    "telephone": ("هاتفيا", "by telephone"),
    "day_unknown": ("اليوم غير معروف", "day unknown"),
    "empty_title": ("لا مواقف بعد", "No positions yet"),
    "empty_lead": (
        "تُملأ هذه الصفحة ما إن تُقرأ أولى المقالات. تحقق من المصادر بالأمر marsad feeds.",
        "This page fills as soon as the first articles are read. Look at the sources with marsad feeds.",
    ),
    "events": ("كل ما قيل", "Everything that was said"),
    "no_events": ("لا أقوال مسجّلة في هذا الوقت.", "Nothing is on record for that time."),
    "turns": ("محطات الموقف", "Turns"),
    "copies": ("نسخ الخبر نفسه", "Copies of the same story"),
    "recorded": ("سُجّل", "recorded"),
    "taken_back": ("مسحوب", "taken back"),
    "taken_by": ("سحبه", "Taken back by"),
    "stale_long": (
        "لم يؤكده أحد منذ أكثر من شهرين: الصمت ليس دليلا على أن الموقف باق.",
        "Nobody has voiced it for more than two months: silence is no sign that it still holds.",
    ),
    "plot_key": (
        "خط متصل: قيل خلال الشهرين السابقين. خط متقطع: صمت. الدوائر المملوءة تغيّرات، والفارغة تأكيدات.",
        "Solid: voiced within the two months before. Broken: silence. Filled circles are changes, hollow ones repeat.",
    ),
    "statement": ("تصريح", "statement"),
    "threat": ("تهديد", "threat"),
    "commitment": ("تعهد", "commitment"),
    "summit": ("لقاء", "meeting"),
    "by-outlet": ("بقول الوسيلة", "in the outlet's words"),
    "by-anonymous": ("مصدر لم يُسمَّ", "anonymous source"),
    "by-third-party": ("نقلا عن طرف آخر", "according to others"),
    "as-head": ("الرأس", "leader"),
    "as-minister": ("وزير", "minister"),
    "as-spokesman": ("ناطق", "spokesman"),
    "live_on": ("يُحدَّث تلقائيا", "Updates by itself"),
    "live_off": ("انقطع التحديث التلقائي، وتُعاد المحاولة", "Not connected, trying again"),
    "live_one": ("تغيّر جديد", "A new change"),
    "live_many": ("تغيّرات جديدة: {n}", "{n} new changes"),
    "month": ("الشهر", "Month"),
    "months_with": ("أشهر فيها لقاءات", "Months with meetings"),
    "no_summits_month": ("لا لقاء في هذا الشهر.", "No meeting in this month."),
    "undated": ("بلا موعد معروف", "Without a known day"),
    "other_reports": ("أخبار أخرى عنه", "Other reports of it"),
    "sources_page": ("المصادر", "Sources"),
    "sources_lead": (
        "الوسائل وقنواتها: هل تُقرأ في وقتها، وماذا جلبت، ومن سبق بالخبر.",
        "Outlets and their feeds: whether they are read in time, what they bring, and who had it first.",
    ),
    "outlets": ("الوسائل", "Outlets"),
    "outlet": ("الوسيلة", "Outlet"),
    "feeds": ("القنوات", "Feeds"),
    "feed": ("القناة", "Feed"),
    "state": ("الحال", "State"),
    "feed-healthy": ("سليمة", "healthy"),
    "feed-troubled": ("تعثرت آخر مرة", "failed last time"),
    "feed-failing": ("متعطلة", "failing"),
    "feed-late": ("لا تُقرأ في وقتها", "not polled in time"),
    "feed-new": ("لم تُقرأ بعد", "not polled yet"),
    "last_polled": ("آخر قراءة", "Last polled"),
    "last_new": ("آخر جديد", "Last new entry"),
    "next_poll": ("القراءة القادمة", "Next poll"),
    "never": ("أبدا", "never"),
    "entries": ("عناوين", "Entries"),
    "articles": ("مقالات", "Articles"),
    "skipped": ("متروك", "Skipped"),
    "events_count": ("أحداث", "Events"),
    "firsts_count": ("سبق", "First"),
    "yield_note": (
        "العناوين والمقالات من آخر خمسة آلاف عنوان، والأحداث من آخر خمسة آلاف حدث، والسبق من آخر خمسمئة تغيّر.",
        "Of the newest 5,000 entries, 5,000 events and 500 changes of all outlets.",
    ),
    "firsts": ("من سبق بالخبر", "Who had it first"),
    "change": ("التغيّر", "Change"),
    "reported_at": ("وصل", "Reached us"),
    "no_feeds": ("لا قنوات بعد.", "No feeds yet."),
    "operations": ("التشغيل", "Operations"),
    "operations_lead": (
        "هل تؤدي الخدمة عملها، وما العمل إن لم تؤدّه.",
        "Whether the service does its job, and what to do where it does not.",
    ),
    "checks": ("الفحوص", "Checks"),
    "check-ok": ("سليم", "well"),
    "check-warn": ("تنبيه", "look"),
    "check-bad": ("عطل", "fails"),
    "what-feeds": ("القنوات", "Feeds"),
    "what-work": ("الأعمال", "Work"),
    "what-positions": ("المواقف", "Positions"),
    "what-alerts": ("التنبيهات", "Alerts"),
    "what-database": ("قاعدة البيانات", "Database"),
    "remedy": ("ما العمل", "What to do"),
    "found": ("الحال", "Found"),
    "work": ("الأعمال المفتوحة", "Open work"),
    "step": ("الخطوة", "Step"),
    "waiting": ("ينتظر", "waiting"),
    "leased": ("قيد العمل", "at work"),
    "quarantined": ("محجوز", "quarantined"),
    "poll": ("قراءة قناة", "poll"),
    "fetch": ("جلب مقال", "fetch"),
    "read": ("قراءة مقال", "read"),
    "project": ("حساب المواقف", "project"),
    "deliver": ("إرسال تنبيه", "deliver"),
    "throughput": ("أحداث كل ساعة", "Events an hour"),
    "throughput_key": ("آخر 24 ساعة، أعلاها", "The last 24 hours; the highest"),
    "projections": ("الإسقاطات", "Projections"),
    "projection": ("الإسقاط", "Projection"),
    "behind": ("أحداث لم تُقرأ", "Events behind"),
    "unfolded": ("مواقف لم تُحسب", "Keys to fold"),
    "moved_at": ("آخر تقدم", "Moved last"),
    "quarantine": ("الحجر", "Quarantine"),
    "of": ("يخص", "Of"),
    "attempts": ("محاولات", "Attempts"),
    "why": ("السبب", "Why"),
    "no_quarantine": ("لا شيء محجوز.", "Nothing is in quarantine."),
    "retry": ("أعد المحاولة", "Retry"),
    "retry_all": ("أعد الكل", "Retry all"),
    "deliveries": ("الإرسال", "Deliveries"),
    "delivered": ("وصل", "delivered"),
    "dead": ("فشل", "given up"),
    "dropped": ("أُلغي", "dropped"),
    "to": ("إلى", "To"),
    "undelivered": ("ما لم يصل", "Not delivered"),
    "no_undelivered": ("كل ما أُرسل وصل.", "Everything that was sent arrived."),
    "channels": ("الوجهات", "Channels"),
    "channel-ok": ("تستقبل", "takes messages"),
    "channel-failing": ("متعثرة", "failing"),
    "channel-disabled": ("موقوفة", "disabled"),
    "footer": (
        "تُحسب المواقف من سجل الأحداث ولا تُحرَّر باليد.",
        "Positions are computed from the log of events and never edited by hand.",
    ),
    "programs": ("للبرامج", "For programs"),
    "error_400": ("طلب لا يُفهم", "That question cannot be answered"),
    "login": ("الدخول", "Sign in"),
    "logout": ("الخروج", "Sign out"),
    "user_name": ("الاسم", "Name"),
    "password": ("كلمة السر", "Password"),
    "wrong_password": ("الاسم أو كلمة السر غير صحيحة.", "Name or password is wrong."),
    "too_many_tries": ("محاولات كثيرة: انتظر ربع ساعة.", "Too many tries: wait a quarter of an hour."),
    "welcome": ("أهلا", "Welcome"),
    "choose_password": (
        "اختر كلمة سر من اثني عشر حرفا على الأقل. يعمل هذا الرابط مرة واحدة.",
        "Choose a password of twelve characters or more. This link works once.",
    ),
    "password_length": ("كلمة السر من 12 إلى 256 حرفا.", "A password has 12 to 256 characters."),
    "enter": ("ادخل", "Enter"),
    "audit": ("السجل", "Trail"),
    "audit_lead": ("من فعل ماذا، الأحدث أولا.", "Who did what, newest first."),
    "at": ("الوقت", "At"),
    "who": ("من", "Who"),
    "what": ("ماذا", "What"),
    "from_address": ("من عنوان", "From"),
    "did-signed-in": ("دخل", "signed in"),
    "did-signed-out": ("خرج", "signed out"),
    "did-sign-in-failed": ("محاولة دخول فاشلة", "failed to sign in"),
    "did-password-chosen": ("اختار كلمة سر", "chose a password"),
    "did-confirmed": ("أكد حدثا", "confirmed an event"),
    "did-retracted": ("سحب حدثا", "took an event back"),
    "did-retried": ("أعاد عملا", "retried work"),
    "did-user-added": ("أضاف مستخدما", "added a user"),
    "did-user-changed": ("غيّر مستخدما", "changed a user"),
    "did-link-made": ("أنشأ رابط دخول", "made a link"),
    "review": ("المراجعة", "Review"),
    "review_lead": (
        "أحدث الأقوال التي تقوم عليها المواقف ولم يراجعها أحد.",
        "The newest words that positions rest on and that nobody has looked at.",
    ),
    "look_at_it": ("راجعه", "Look at it"),
    "nothing_to_review": ("لا شيء ينتظر المراجعة.", "Nothing waits for a review."),
    "whole_position": ("الموقف كله", "The whole position"),
    "confirmed_by": ("أكده", "Confirmed by"),
    "effect": ("ماذا لو سُحب", "What taking it back would do"),
    "no_effect": ("لا يتغيّر الموقف.", "The position stays as it is."),
    "as_it_is": ("كما هو", "As it is"),
    "without_it": ("من دونه", "Without it"),
    "would_go": ("ما يزول", "Would no longer stand"),
    "would_come": ("ما يحل محله", "Would stand instead"),
    "your_why": ("السبب (لازم للسحب)", "Why (needed for taking back)"),
    "why_needed": ("قل لماذا تسحبه.", "Say why you take it back."),
    "confirm": ("أكّد", "Confirm"),
    "retract": ("اسحب", "Take back"),
    "error_401": ("ادخل أولا", "Sign in first"),
    "error_403": ("غير مسموح", "Not allowed"),
    "error_409": ("حدث هذا من قبل", "That was done before"),
    "error_413": ("طلب طويل", "Too long"),
    "error_404": ("لا صفحة هنا", "There is no such page"),
    "error_405": ("طريقة غير مسموحة", "Method not allowed"),
    "error_503": ("قاعدة البيانات لا تجيب", "The database does not answer"),
    "error_500": ("خلل لدينا", "Something broke on our side"),
}


class Words:
    """The words of one language: `words.since`, or `words[name]` for a name that data gives."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._index = 0 if language == "ar" else 1

    def __getitem__(self, name: str) -> str:
        pair = _WORDS.get(name)
        return name if pair is None else pair[self._index]

    def __getattr__(self, name: str) -> str:
        try:
            return _WORDS[name][self._index]
        except KeyError:
            raise AttributeError(name) from None

    def day(self, iso: str | None) -> str:
        """A day, a month or a year in words; other text is given back as it is, None as day unknown."""
        if not iso:
            return self["day_unknown"]
        year, *rest = iso.split("-")
        try:
            if not rest:
                return year
            month = (_MONTHS_AR if self.language == "ar" else _MONTHS_EN)[int(rest[0]) - 1]
            return f"{month} {year}" if len(rest) == 1 else f"{int(rest[1])} {month} {year}"
        except (ValueError, IndexError):
            return iso

    def moment(self, at: datetime) -> str:
        """A day and a time, UTC."""
        at = at.astimezone(UTC)
        return f"{self.day(at.date().isoformat())} {at:%H:%M} UTC"

    def weekday(self, number: int) -> str:
        """A day of the week; 0 is Monday."""
        return (_WEEKDAYS_AR if self.language == "ar" else _WEEKDAYS_EN)[number]

    def weekday_short(self, number: int) -> str:
        """As short as a narrow column needs it."""
        return self.weekday(number).removeprefix("ال") if self.language == "ar" else self.weekday(number)[:3]

    def age(self, iso: str, today: date) -> str:
        """How long ago a day was, in coarse words."""
        days = age_in_days(iso, today)
        if days is None:
            return ""
        return _age_ar(days) if self.language == "ar" else _age_en(days)


def age_in_days(iso: str, today: date) -> int | None:
    """Days since a day, the first of a month or of a year; None where it is none, never below 0."""
    try:
        known = iso + "-01" * {4: 2, 7: 1}.get(len(iso), 0)
        return max((today - date.fromisoformat(known)).days, 0)
    except ValueError:
        return None


def _age_en(days: int) -> str:
    if days == 0:
        return "today"
    for size, unit in ((365, "year"), (30, "month"), (1, "day")):
        if days >= size:
            n = days // size
            return f"{n} {unit}{'s' if n > 1 else ''} ago"
    return ""


_UNITS_AR = {
    365: ("سنة", "سنتين", "سنوات", "سنة"),
    30: ("شهر", "شهرين", "أشهر", "شهرا"),
    1: ("يوم", "يومين", "أيام", "يوما"),
}


def _age_ar(days: int) -> str:
    if days == 0:
        return "اليوم"
    for size, (one, two, few, many) in _UNITS_AR.items():
        if days >= size:
            n = days // size
            if n <= 2:
                return f"قبل {one if n == 1 else two}"
            return f"قبل {n} {few if n <= 10 else many}"
    return ""
