"""A small world of made-up facts, told to a store along the whole way: feed, entry, article, reading, positions.

It must not know the pages that show it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.events import Commitment, Event, Read, Source, Statement, Summit, Threat, event_identity
from domain.log import NewEvent
from workers.ports import CleanArticle, FeedEntry, FeedSpec, Lease, PollOutcome, WorkKind
from workers.projections.runner import PositionsRunner
from workers.store.store import Store

NOW = datetime(2025, 9, 10, 9, 0, tzinfo=UTC)
HEAD, MINISTER, SPOKESMAN, OTHER = "head", "minister", "spokesman", "other"
_FILLER = "وجاء ذلك في لقاء مع الصحفيين."

# outlet, day, actor, issue, stance, speaker, seniority, attribution, title, sentence
Told = tuple[str, str, str, str, Any, str, str, Any, str, str]
TOLD: tuple[Told, ...] = (
    ("منارة الخبر", "2025-09-05", "RUS", "ukraine.foreign-troops", "opposes", "putin", HEAD, "self",
     "بوتين: القوات الأجنبية أهداف مشروعة", "قال بوتين إن أي قوات تُنشر في أوكرانيا ستكون أهدافا مشروعة لجيشه."),
    ("جسر برس", "2025-08-20", "RUS", "ukraine.foreign-troops", "opposes", "lavrov", MINISTER, "self",
     "لافروف يرفض أي انتشار غربي", "وأكد لافروف أن بلاده ترفض رفضا تاما وجود أي قوات غربية في أوكرانيا."),
    ("جسر برس", "2025-09-05", "RUS", "ukraine.eu-membership", "supports", "putin", HEAD, "self",
     "موسكو والاتحاد الأوروبي", "وقال إن انضمام أوكرانيا إلى الاتحاد الأوروبي حق لها لا تعترض عليه روسيا."),
    ("جسر برس", "2025-09-05", "RUS", "ukraine.nato-membership", "opposes", "putin", HEAD, "self",
     "موسكو والاتحاد الأوروبي", "لكنه أضاف أن دخولها حلف شمال الأطلسي أمر لن تقبل به موسكو."),
    ("نافذة المساء", "2025-09-05", "RUS", "ukraine.security-guarantees", "conditional", "peskov", SPOKESMAN, "self",
     "بيسكوف عن الضمانات", "وقال بيسكوف إن الضمانات ينبغي أن تُمنح لروسيا وأوكرانيا معا."),
    ("نافذة المساء", "2025-09-08", "RUS", "ukraine.peace-talks", "conditional", "putin", HEAD, "self",
     "دعوة إلى موسكو", "وقال إنه مستعد للقاء زيلينسكي إذا جاء إلى موسكو."),
    ("صحيفة الضفاف", "2025-07-02", "RUS", "nuclear.arms-control", "conditional", "medvedev", OTHER, "self",
     "ميدفيديف والمعاهدة", "ورأى ميدفيديف أن تمديد المعاهدة ممكن إن عاملت واشنطن بلاده بالمثل."),
    ("منارة الخبر", "2025-09-04", "FRA", "ukraine.foreign-troops", "supports", "macron", HEAD, "self",
     "ست وعشرون دولة", "أعلن ماكرون أن ستا وعشرين دولة تعهدت بإرسال قوات إلى أوكرانيا أو بالمساهمة في ضماناتها."),
    ("صحيفة الضفاف", "2025-09-04", "FRA", "ukraine.security-guarantees", "supports", "macron", HEAD, "self",
     "قمة باريس", "وقال ماكرون إن الضمانات الأمنية جاهزة وستُفعّل يوم يتوقف القتال."),
    ("ورّاق الأخبار", "2025-09-06", "FRA", "russia.sanctions", "supports", "barrot", MINISTER, "self",
     "بارو: عقوبات جديدة", "وأكد بارو أن باريس ستدفع إلى عقوبات أشد على موسكو إن بقيت على رفضها."),
    ("ورّاق الأخبار", "2025-09-09", "FRA", "palestine.recognition", "supports", "macron", HEAD, "self",
     "اعتراف مرتقب", "وجدد ماكرون عزم بلاده على الاعتراف بدولة فلسطين هذا الشهر."),
    ("جسر برس", "2025-09-04", "NATO", "ukraine.foreign-troops", "supports", "rutte", HEAD, "self",
     "روته: ليس لروسيا رأي", "وقال روته إن روسيا ليس لها رأي في نشر قوات غربية في أوكرانيا."),
    ("جسر برس", "2025-06-25", "NATO", "nato.defence-spending", "supports", "rutte", HEAD, "self",
     "خمسة في المئة", "وأشاد روته باتفاق الحلفاء على رفع إنفاقهم الدفاعي إلى خمسة في المئة."),
    ("منارة الخبر", "2025-08-18", "USA", "ukraine.security-guarantees", "supports", "trump", HEAD, "self",
     "ترامب والضمانات", "وقال ترامب إن بلاده ستساعد أوروبا في منح أوكرانيا ضمانات أمنية جيدة جدا."),
    ("منارة الخبر", "2025-09-07", "USA", "ukraine.security-guarantees", "conditional", "trump", HEAD, "self",
     "ترامب يشترط", "وقال ترامب إن مشاركة واشنطن في الضمانات تتوقف على أن تتحمل أوروبا العبء الأول."),
    ("نافذة المساء", "2025-07-14", "USA", "ukraine.arms-supplies", "supports", "trump", HEAD, "self",
     "صواريخ باتريوت", "وقال ترامب إنه سيرسل إلى أوكرانيا صواريخ باتريوت يدفع الأوروبيون ثمنها."),
    ("ورّاق الأخبار", "2025-07-01", "USA", "ukraine.arms-supplies", "opposes", "vance", HEAD, "self",
     "فانس يعلق الشحنات", "وقال فانس إن بلاده لن ترسل بعد اليوم سلاحا إلى كييف."),
    ("صحيفة الضفاف", "2025-09-07", "USA", "russia.sanctions", "undecided", "trump", HEAD, "self",
     "ترامب يتردد", "وسئل ترامب عن العقوبات فقال إنه لم يقرر بعد."),
    ("صحيفة الضفاف", "2025-09-02", "USA", "ukraine.foreign-troops", "opposes", "trump", HEAD, "self",
     "لا جنود أميركيين", "وقال ترامب إنه لا يرى مكانا لقوات برية أجنبية في أوكرانيا."),
    ("ورّاق الأخبار", "2025-09-02", "USA", "ukraine.foreign-troops", "supports", "vance", HEAD, "self",
     "فانس: للأوروبيين أن ينشروا", "ورحب فانس بنشر قوات أوروبية في أوكرانيا بعد وقف النار."),
    ("جسر برس", "2025-08-19", "USA", "ukraine.nato-membership", "opposes", "trump", HEAD, "self",
     "ترامب: لا ناتو", "وقال ترامب إن دخول أوكرانيا حلف شمال الأطلسي غير وارد."),
    ("جسر برس", "2025-09-09", "USA", "ukraine.nato-membership", "conditional", "a white house official", OTHER,
     "anonymous", "مصدر في البيت الأبيض", "وقال مسؤول لم يذكر اسمه إن واشنطن قد تراجع موقفها من العضوية."),
    ("نافذة المساء", "2025-08-15", "USA", "russia.us-dialogue", "supports", "trump", HEAD, "self",
     "قمة ألاسكا", "ووصف ترامب محادثاته مع بوتين بأنها مثمرة للغاية."),
    ("نافذة المساء", "2025-08-16", "RUS", "russia.us-dialogue", "supports", "putin", HEAD, "self",
     "بعد ألاسكا", "وقال بوتين إن الحوار مع واشنطن يجب أن يستمر على هذا المستوى."),
    ("منارة الخبر", "2025-09-06", "RUS", "ukraine.foreign-troops", "opposes", "peskov", SPOKESMAN, "self",
     "الكرملين يكرر", "وكرر بيسكوف أن بلاده تعد أي جندي أجنبي في أوكرانيا خطرا عليها."),
)  # fmt: skip
# outlet, published, status, day, place, format, level, participants, title, sentence
MET = (
    ("صحيفة الضفاف", "2025-09-04", "held", "2025-09-04", "Paris", "hybrid", "leaders", ("COW", "FRA", "GBR", "UKR"),
     "قمة باريس", "عقد قادة تحالف الراغبين الخميس في باريس قمة حضرها زيلينسكي وشارك فيها آخرون عن بعد."),
    ("نافذة المساء", "2025-09-08", "proposed", None, "Moscow", "in-person", "leaders", ("RUS", "UKR"),
     "دعوة إلى موسكو", "ودعا بوتين نظيره الأوكراني إلى لقاء في موسكو لم يُحدد له موعد."),
)  # fmt: skip


def tell(
    store: Store,
    told: tuple[Told, ...] = TOLD,
    *,
    met: tuple[Any, ...] = MET,
    now: datetime = NOW,
    sketches: tuple[tuple[int, ...], ...] | None = None,
) -> None:
    """Put the world into a store, and its positions with it. `sketches`: those of every article, else each its own."""
    outlets = sorted({row[0] for row in (*told, *met)})
    specs = [FeedSpec(url=f"https://news{i}.example/rss", outlet=name) for i, name in enumerate(outlets)]
    store.load_feeds(specs, now=now)
    events: list[tuple[str, str, str, str, Event]] = [
        (row[0], row[1], row[8], row[9], _event(row)) for row in sorted(told, key=lambda row: row[1])
    ]
    events += [(row[0], row[1], row[8], row[9], _meeting(row)) for row in met]
    store.enqueue_due_polls(now)
    for number, feed in enumerate(store.feeds()):
        mine = [(i, e) for i, e in enumerate(events) if e[0] == feed.outlet]
        entries = tuple(
            FeedEntry(url=f"https://news{number}.example/{i}", title=title) for i, (_, _, title, _, _) in mine
        )
        later = now + timedelta(hours=1)
        polled = PollOutcome(status="new", entries=entries, next_poll_at=later, interval=3600.0)
        store.save_poll(_take(store, "poll", str(feed.id), now), polled, now=now)
    for item in store.due(now, limit=1000):
        if item.kind == "fetch":
            _take_in(store, item.subject, events, now, sketches)
    PositionsRunner(store).catch_up(now=now)


def _take_in(
    store: Store,
    subject: str,
    events: list[tuple[str, str, str, str, Event]],
    now: datetime,
    sketches: tuple[tuple[int, ...], ...] | None,
) -> None:
    entry = store.entry(int(subject))
    assert entry is not None
    outlet, day, title, sentence, event = events[int(entry.url.rpartition("/")[2])]
    page = CleanArticle(url=entry.url, outlet=outlet, title=title, text=f"{sentence} {_FILLER}", published=day)
    article = store.save_article(_take(store, "fetch", subject, now), page, now=now)
    assert article is not None
    seed = int(entry.url.rpartition("/")[2]) * 1000
    source = Source(
        article=article.id, version=article.version, url=article.url, outlet=outlet, title=title, published=day,
        text_sha256=article.text_sha256, sketches=sketches or (tuple(range(seed, seed + 8)),),
    )  # fmt: skip
    record = Read(event=event, source=source)
    new = NewEvent(event_id=event_identity(article.id, record), record=record)
    store.save_reading(_take(store, "read", article.id, now), article.id, [new], now=now)


def _take(store: Store, kind: WorkKind, subject: str, now: datetime) -> Lease:
    lease = store.take(kind, subject, now=now, seconds=600)
    assert lease is not None
    return lease


def _event(row: Told) -> Event:
    _, day, actor, issue, stance, speaker, seniority, attribution, _, sentence = row
    said: dict[str, Any] = {
        "actor": actor, "issue": issue, "stance": stance, "speaker": speaker, "seniority": seniority,
        "attribution": attribution, "evidence": ((0, len(sentence)),), "occurred_on": day, "precision": "day",
        "confidence": 0.86, "extractor": "made-up/1",
    }  # fmt: skip
    if "أهداف" in sentence:
        return Threat(**said, target="COW", means="military")
    return Commitment(**said) if "تعهدت" in sentence else Statement(**said)


def _meeting(row: Any) -> Summit:
    _, _, status, day, place, form, level, participants, _, sentence = row
    return Summit(
        issue=None, participants=participants, status=status, place=place, format=form, level=level,
        occurred_on=day, precision="day" if day else "unknown", evidence=((0, len(sentence)),), confidence=0.9,
    )  # fmt: skip
