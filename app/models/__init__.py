"""Every table, one file a room. Columns and constraints only: what may be done with them stands in the rooms."""

from app.models.acts import Acknowledgement, Act, Decision, FactCheck, Meeting, Publication
from app.models.affected import AffectedUser
from app.models.base import Base
from app.models.calendar import CalendarDay, CalendarYear
from app.models.contacts import OutsideContact
from app.models.deadlines import Deadline, DeadlineFiring, SlaPolicy
from app.models.documents import Document, DocumentAcknowledgement, DocumentAudience, DocumentVersion
from app.models.drills import Drill, DrillInject, Scenario, ScenarioVersion
from app.models.handbook import HandbookVersion
from app.models.incidents import GradingPolicy, Incident, IncidentNumber, MediaOutlet, SpreadBucket
from app.models.lint import LintList, StatementLint
from app.models.mentions import (
    Hit,
    InboxReading,
    Mention,
    MentionSnapshot,
    MentionState,
    Observation,
    Rematch,
    Revision,
    SetAside,
    WatchRule,
)
from app.models.metrics import KpiBaseline, KpiBaselineIncident, KpiCalm, KpiOrigin, KpiPeriod
from app.models.notes import InboxRead, Note, NoteMention
from app.models.outbox import Event, IdempotencyKey, SaidOnce, WorkerHeartbeat
from app.models.patrols import Patrol, PatrolFinding, PatrolPlan
from app.models.people import ApiKey, Department, File, FileAttachment, Person, RolePermission, StrayObject
from app.models.placements import OriginWatch, Placement, PlatformRule, PublicationReport
from app.models.quality import (
    Digest,
    DigestSettings,
    EmployeeLabel,
    Programme,
    Replay,
    TrialPeriod,
)
from app.models.review_reports import ReportTemplate, ReviewReport, ReviewReportFile
from app.models.reviews import Review, ReviewChange, ReviewDecision, ReviewDue, ReviewEffort, ReviewIncident
from app.models.risks import (
    IncidentSignature,
    Risk,
    RiskIncident,
    RiskMeasure,
    RiskVersion,
    TextCheck,
)
from app.models.roster import RosterPeriod
from app.models.search import SearchEntry
from app.models.silence import Silence, SilenceRing
from app.models.sources import CorePlatformPeriod, ListeningSpan, Source, SourceBeat, SourceSilence, SourceWatch
from app.models.statements import ApprovalDelegation, Commitment, Statement, StatementApproval, StatementVersion
from app.models.tasks import Task, TaskReopening
from app.models.team import AcknowledgementLink, IncidentMember
from app.models.templates import StatementTemplate, StatementTemplateVersion
from app.models.trainings import (
    CoverageWatch,
    Training,
    TrainingCompletion,
    TrainingEnrolment,
    TrainingSeries,
    TrainingSession,
    TrainingSettings,
    TrainingVersion,
)
from app.models.webhooks import Delivery, DeliveryAttempt, RobotMessage, WebhookEndpoint

__all__ = [
    "Acknowledgement",
    "AcknowledgementLink",
    "Act",
    "AffectedUser",
    "ApiKey",
    "ApprovalDelegation",
    "Base",
    "CalendarDay",
    "CalendarYear",
    "Commitment",
    "CorePlatformPeriod",
    "CoverageWatch",
    "Deadline",
    "DeadlineFiring",
    "Decision",
    "Delivery",
    "DeliveryAttempt",
    "Department",
    "Digest",
    "DigestSettings",
    "Document",
    "DocumentAcknowledgement",
    "DocumentAudience",
    "DocumentVersion",
    "Drill",
    "DrillInject",
    "EmployeeLabel",
    "Event",
    "FactCheck",
    "File",
    "FileAttachment",
    "GradingPolicy",
    "HandbookVersion",
    "Hit",
    "IdempotencyKey",
    "InboxRead",
    "InboxReading",
    "Incident",
    "IncidentMember",
    "IncidentNumber",
    "IncidentSignature",
    "KpiBaseline",
    "KpiBaselineIncident",
    "KpiCalm",
    "KpiOrigin",
    "KpiPeriod",
    "LastHeard",
    "LintList",
    "ListeningSpan",
    "MediaOutlet",
    "Meeting",
    "Mention",
    "MentionSnapshot",
    "MentionState",
    "Note",
    "NoteMention",
    "Observation",
    "OriginWatch",
    "OutsideContact",
    "Patrol",
    "PatrolFinding",
    "PatrolPlan",
    "Person",
    "Placement",
    "PlatformRule",
    "Programme",
    "Publication",
    "PublicationReport",
    "Rematch",
    "Replay",
    "ReportTemplate",
    "Review",
    "ReviewChange",
    "ReviewDecision",
    "ReviewDue",
    "ReviewEffort",
    "ReviewIncident",
    "ReviewReport",
    "ReviewReportFile",
    "Revision",
    "Risk",
    "RiskIncident",
    "RiskMeasure",
    "RiskVersion",
    "RobotMessage",
    "RolePermission",
    "RosterPeriod",
    "SaidOnce",
    "Scenario",
    "ScenarioVersion",
    "SearchEntry",
    "SetAside",
    "Silence",
    "SilenceRing",
    "SlaPolicy",
    "Source",
    "SourceBeat",
    "SourceSilence",
    "SourceWatch",
    "SpreadBucket",
    "Statement",
    "StatementApproval",
    "StatementLint",
    "StatementTemplate",
    "StatementTemplateVersion",
    "StatementVersion",
    "StrayObject",
    "Task",
    "TaskReopening",
    "TextCheck",
    "Training",
    "TrainingCompletion",
    "TrainingEnrolment",
    "TrainingSeries",
    "TrainingSession",
    "TrainingSettings",
    "TrainingVersion",
    "TrialPeriod",
    "WatchRule",
    "WebhookEndpoint",
    "WorkerHeartbeat",
]
