//! Mistakes that the tests plant, one at a time, to see that some test fails for each: the suite is what says whether a
//! measure is right, so it has to be tried itself.
//!
//! They exist only in a build with the feature `planted`, where the environment variable `RUNAWAY_PLANTED` names the one
//! that is made. In any other build [`Mistake::here`] is a constant `false`: no mistake can be planted, and none is in the code.

use crate::wire::Span;

macro_rules! mistakes {
    ($($(#[$doc:meta])+ $mistake:ident = $name:literal,)+) => {
        /// A mistake in the engine.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Mistake { $($(#[$doc])+ $mistake,)+ }

        impl Mistake {
            pub const ALL: &[Mistake] = &[$(Mistake::$mistake,)+];

            pub const fn name(self) -> &'static str {
                match self { $(Mistake::$mistake => $name,)+ }
            }
        }
    };
}

mistakes! {
    /// A gateway goes on accepting what was revoked.
    RevocationIgnoredAtGateway = "revocation-ignored-at-gateway",
    /// A service that only looks at signatures hears of revocations.
    RevocationHeardBySignature = "revocation-heard-by-signature",
    /// An event about a revocation arrives at once.
    PushWithoutDelay = "push-without-delay",
    /// `exp` is taken without the leeway for clock skew.
    LeewayForgotten = "leeway-forgotten",
    /// All replicas of a service look into one cache.
    ReplicasShareOneCache = "replicas-share-one-cache",
    /// A cached check is trusted one microsecond too long.
    CacheHoldsOneTickLonger = "cache-holds-one-tick-longer",
    /// What lapsed in a cache is served while it is checked again, and is never checked.
    StaleServedForEver = "stale-served-for-ever",
    /// A cache serves nothing stale.
    StaleNotServed = "stale-not-served",
    /// A credential that was issued for one network is accepted from all.
    BindingIgnored = "binding-ignored",
    /// A cached check outlives `exp`.
    ExpiryIgnoredByCaches = "expiry-ignored-by-caches",
    /// The census believes the replica that forgets first.
    CensusOfBestReplica = "census-of-best-replica",
    /// The census forgets what caches serve stale.
    CensusWithoutStale = "census-without-stale",
    /// The census does not know that credentials expire.
    CensusForgetsExpiry = "census-forgets-expiry",
    /// A service trusts a set of keys no longer than the provider does.
    KeySetIsNeverOld = "key-set-is-never-old",
    /// A service that asks the issuer takes a token that nobody issued.
    ForgedTokensAreKnown = "forged-tokens-are-known",
    /// A token that the agent made itself is not probed.
    ForgedTokensAreNotProbed = "forged-tokens-are-not-probed",
    /// The end of a key is not seen in the key set.
    EndedKeysStayPublished = "ended-keys-stay-published",
    /// What somebody else changed since is written over, where no versions are told.
    OthersAreWrittenOver = "others-are-written-over",
    /// The census does not know what can be made with a signing key.
    CensusForgetsKeys = "census-forgets-keys",
    /// A successor takes along what hung on the old secret, as its end would.
    RotationTakesAlong = "rotation-takes-along",
    /// A step that is about one layer of credentials acts on all of them.
    LayerIsIgnored = "layer-is-ignored",
    /// The search exchanges what a caller presents, and nothing else that it holds.
    SearchExchangesItsOwnOnly = "search-exchanges-its-own-only",
    /// And so does the census.
    CensusExchangesItsOwnOnly = "census-exchanges-its-own-only",
    /// A credential unlocks operations that no scope of it names.
    ScopeIgnored = "scope-ignored",
    /// A token for another service is answered with 403.
    AudienceTakenForScope = "audience-taken-for-scope",
    /// A block of a credential at a service does not bite.
    BlockIgnored = "block-ignored",
    /// An operation that was closed goes on answering.
    ClosedOperationAnswers = "closed-operation-answers",
    /// Nobody asks the limits before a request.
    LimitsNotAsked = "limits-not-asked",
    /// Detectors see the probes.
    ProbesAreLogged = "probes-are-logged",
    /// `exp` is taken as the last good instant.
    ExpiresOneTickLate = "expires-one-tick-late",
    /// What ended is good for one more instant.
    EndsOneTickLate = "ends-one-tick-late",
    /// The end of a credential ends all that was minted from it, whatever its family says.
    CascadeAlways = "cascade-always",
    /// The end of a credential never ends what was minted from it.
    CascadeNever = "cascade-never",
    /// Reuse ends what came after the reused refresh token only, not its whole line.
    LineageEndsAtTheReused = "lineage-ends-at-the-reused",
    /// A refresh token ends without the access token that it was issued beside.
    TokenBesideLivesOn = "token-beside-lives-on",
    /// Rotation leaves the old secret alive.
    RotationLeavesTheOld = "rotation-leaves-the-old",
    /// What ends with a rotated secret ends behind the back of the census.
    RotationEndsInSilence = "rotation-ends-in-silence",
    /// A cache that asks again while an end lies ahead is trusted no longer than it was.
    RefillsMoveNothing = "refills-move-nothing",
    /// What is closed is open to whoever a limit cannot tell from others.
    NobodyIsLetPast = "nobody-is-let-past",
    /// Of several limits that refuse, the first one says when to come again.
    FirstLimitDecides = "first-limit-decides",
    /// A limit that refuses for good only delays honest work.
    LimitsOnlyDelay = "limits-only-delay",
    /// What has a successor takes nothing along when it is revoked.
    RenewedForEver = "renewed-for-ever",
    /// The end of a key declares nothing about what it signed.
    KeysDeclareNothing = "keys-declare-nothing",
    /// Who asks the issuer hears of the end of a key before asking again.
    KeysEndAtOnce = "keys-end-at-once",
    /// Queued work that finds nothing to do was excess until then.
    IdleWorkIsARow = "idle-work-is-a-row",
    /// A change of what is final already can be undone once more.
    FinalChangesLapse = "final-changes-lapse",
    /// An alarm is a false one only in the very instant of one without the agent.
    FalseAlarmsMustCoincide = "false-alarms-must-coincide",
    /// The successor of a bound secret is bound to nothing.
    RotationForgetsBinding = "rotation-forgets-binding",
    /// A secret that has a successor is rotated again.
    RotatedTwice = "rotated-twice",
    /// New credentials are issued from one that ended.
    EndedCredentialMints = "ended-credential-mints",
    /// The refresh grant takes whatever is presented.
    AnyTokenRefreshes = "any-token-refreshes",
    /// A refresh token that was exchanged is exchanged again.
    ReuseNotNoticed = "reuse-not-noticed",
    /// Rotation of refresh tokens leaves the old one good.
    RefreshTokenNotSpent = "refresh-token-not-spent",
    /// What is minted for somebody else belongs to who asked.
    MintedForWhoAsks = "minted-for-who-asks",
    /// What an exchange mints has every right of its family.
    RightsWidenOnExchange = "rights-widen-on-exchange",
    /// Nobody writes down who acts for whom.
    ActorForgotten = "actor-forgotten",
    /// Introspection calls every token active.
    EverythingIntrospectsActive = "everything-introspects-active",
    /// Records of others are shown where only the owner should see them.
    OwnerRuleIgnored = "owner-rule-ignored",
    /// Records of other tenants can be touched by their ids.
    TenantRuleIgnored = "tenant-rule-ignored",
    /// A credential opens more records than it names.
    RecordsOfCredentialIgnored = "records-of-credential-ignored",
    /// What lies in a deleted record can still be touched.
    ContentsOutliveTheirBox = "contents-outlive-their-box",
    /// The next page begins one record too late.
    NextPageSkipsOne = "next-page-skips-one",
    /// A deleted record can be touched again.
    DeletedRecordsExist = "deleted-records-exist",
    /// An empty answer of row-level security counts as accepted.
    HiddenRowsAreNoRefusal = "hidden-rows-are-no-refusal",
    /// A limit admits one unit more than it says.
    LimitAdmitsOneMore = "limit-admits-one-more",
    /// The windows of limits begin one microsecond late.
    LimitWindowStartsLate = "limit-window-starts-late",
    /// Limits for each caller count all callers as one.
    LimitsCountTogether = "limits-count-together",
    /// A limit that is used up for good is said to readmit.
    ExhaustedLimitsReadmit = "exhausted-limits-readmit",
    /// Budgets count calls, whatever they cost.
    CostIsNotCounted = "cost-is-not-counted",
    /// A limit that a step of the runbook arms stays as it was.
    ThrottleArmsNothing = "throttle-arms-nothing",
    /// Nobody tells the census that a limit was used up.
    ExhaustionUnnoticed = "exhaustion-unnoticed",
    /// Queued work is not authorized again when it happens.
    QueuedWorkNotChecked = "queued-work-not-checked",
    /// Queued work happens when it is accepted.
    QueuedWorkHappensAtOnce = "queued-work-happens-at-once",
    /// A record shows the secret that lay in it at the start, rotated or not.
    SecretsStayAsTheyWere = "secrets-stay-as-they-were",
    /// A run settles though work of the agents is queued.
    QueuedWorkIsForgotten = "queued-work-is-forgotten",
    /// An action that fails has its effect all the same.
    FailedActionWorks = "failed-action-works",
    /// An action that the provider does not know has its effect all the same.
    UnsupportedActionWorks = "unsupported-action-works",
    /// Who is disabled keeps the credentials.
    DisablingEndsNothing = "disabling-ends-nothing",
    /// A rotated secret does not reach its owner.
    HandOverIsLost = "hand-over-is-lost",
    /// A step that changes who may touch which records changes nothing.
    RuleStaysAsItWas = "rule-stays-as-it-was",
    /// One yes is enough where two people must say it.
    OneOfTwoIsEnough = "one-of-two-is-enough",
    /// Everybody answers at once.
    ApprovalTakesNoTime = "approval-takes-no-time",
    /// A yes to one call lets the same call through again.
    YesIsKept = "yes-is-kept",
    /// Nobody waits for the answers where two people must say yes.
    NobodyWaitsForTwo = "nobody-waits-for-two",
    /// A detector that counts raises its alarm one record late.
    ThresholdOffByOne = "threshold-off-by-one",
    /// A record counts for one microsecond more than the window.
    WindowOneTickLonger = "window-one-tick-longer",
    /// A detector raises its alarm again with each record.
    AlarmsAreNeverQuiet = "alarms-are-never-quiet",
    /// The window of a fan-out detector never ends.
    FanOutNeverForgets = "fan-out-never-forgets",
    /// An alarm is raised before its detector can know.
    DetectorSeesTheFuture = "detector-sees-the-future",
    /// Detectors count all callers as one.
    DetectorsCountTogether = "detectors-count-together",
    /// The last canary is taken for a record like any other.
    CanaryOneTooFew = "canary-one-too-few",
    /// Detectors see what a service does not log.
    LogTellsEverything = "log-tells-everything",
    /// A service that is overloaded or out of order counts as one that says no.
    OverloadIsADenial = "overload-is-a-denial",
    /// Deletions that were refused count as destruction.
    RefusedDeletionsDestroy = "refused-deletions-destroy",
    /// What a caller has done before is new again.
    HabitsAreNotLearnt = "habits-are-not-learnt",
    /// All actions of a step happen at once.
    ResponderWithoutPace = "responder-without-pace",
    /// Targets come by their numbers, whatever the step says.
    OrderIsIgnored = "order-is-ignored",
    /// People answer an alarm at once.
    ResponderIsTooFast = "responder-is-too-fast",
    /// A response is set off by the alarms of other detectors.
    ResponderHearsEveryAlarm = "responder-hears-every-alarm",
    /// The same alarm sets off the same response again.
    RunbookStartsOver = "runbook-starts-over",
    /// The responder takes what others read for exposed.
    ReadsOfOthersExpose = "reads-of-others-expose",
    /// Nothing descends from a credential but itself.
    DescendantsAreNotFollowed = "descendants-are-not-followed",
    /// What an identity holds is not among everything of it.
    EverythingLeavesOutItsOwn = "everything-leaves-out-its-own",
    /// A step about a principal is about everybody.
    SelectsOfAnybody = "selects-of-anybody",
    /// A harvesting agent does not turn the page.
    FrontierReadsOnePage = "frontier-reads-one-page",
    /// An agent comes back at once, whatever `Retry-After` says.
    RetryAfterIgnored = "retry-after-ignored",
    /// An agent does not come back when it is told to come later.
    GivesUpEarly = "gives-up-early",
    /// An agent that should stop at a no goes on.
    RefusalGoesUnheard = "refusal-goes-unheard",
    /// An agent sees only the first secret of an answer.
    SecretsOverlooked = "secrets-overlooked",
    /// An agent presents the first credential that it got in place of the one it means.
    CredentialsMixedUp = "credentials-mixed-up",
    /// A person sends as soon as the answer is there.
    PeopleDoNotWait = "people-do-not-wait",
    /// A credential that was refused once at a service is tried there again.
    RefusalsAreForgotten = "refusals-are-forgotten",
    /// The defence waits its turn among the agents at the same instant.
    DefenceWaitsItsTurn = "defence-waits-its-turn",
    /// Answers arrive one microsecond late.
    AnswersAreLate = "answers-are-late",
    /// A run ends with the last door, without settling.
    SettlesAtOnce = "settles-at-once",
    /// A run ends before its last agent has started.
    SettlesBeforeAllStarted = "settles-before-all-started",
    /// What honest clients hold counts for the closure.
    HonestClientsAreTaken = "honest-clients-are-taken",
    /// Every actor draws from one stream of latencies.
    LatencyIsShared = "latency-is-shared",
    /// The census looks from one network only.
    CensusOfOneNetwork = "census-of-one-network",
    /// The census overlooks what a credential can mint.
    MintingIsNoDoor = "minting-is-no-door",
    /// The census takes the task for excess.
    CensusCountsTheTask = "census-counts-the-task",
    /// The census does not know that a record which was made opens what was refused for want of any.
    CensusForgetsFirstRecords = "census-forgets-first-records",
    /// The census does not know that what was made is deleted.
    CensusForgetsLastRecords = "census-forgets-last-records",
    /// By the wall clock, an alarm that fires while answers are awaited lies until the next one has come.
    AlarmsWaitForAnswers = "alarms-wait-for-answers",
    /// The census does not know of blocks.
    CensusForgetsBlocks = "census-forgets-blocks",
    /// What lies behind a closed operation is left over.
    LeftoverBehindClosedDoors = "leftover-behind-closed-doors",
    /// Ids that were listed are unknown again at the end.
    LeftoverForgetsIds = "leftover-forgets-ids",
    /// What the task may touch is left over.
    LeftoverCountsTheTask = "leftover-counts-the-task",
    /// What was left over is looked at before each action has been answered.
    DeclaredBeforeTheAnswer = "declared-before-the-answer",
    /// What was left over after an earlier action stands for what was left over after the last.
    AnOlderSnapshotIsKept = "an-older-snapshot-is-kept",
    /// A credential survives though its last door shut by itself.
    ShutDoorsSurvive = "shut-doors-survive",
    /// What was minted from a survivor counts as a root.
    EverySurvivorIsARoot = "every-survivor-is-a-root",
    /// Potential reach takes no id for guessable.
    IdsAreNeverGuessed = "ids-are-never-guessed",
    /// A search does not come back when ids become known.
    SearchNeverLooksAgain = "search-never-looks-again",
    /// A search overlooks the secrets in records.
    SearchFindsNoSecrets = "search-finds-no-secrets",
    /// A search overlooks what can be minted.
    SearchMintsNothing = "search-mints-nothing",
    /// The clock starts with the run, not with the first excess effect.
    ClockStartsWithTheRun = "clock-starts-with-the-run",
    /// What the task touches counts as excess.
    TaskCountsAsExcess = "task-counts-as-excess",
    /// What an agent may do counts as excess.
    EntitlementsCountAsExcess = "entitlements-count-as-excess",
    /// What the task costs counts as excess.
    TaskCostsCountAsExcess = "task-costs-count-as-excess",
    /// What honest clients touch counts as reach.
    HonestWorkIsReach = "honest-work-is-reach",
    /// What could be undone for a while can be undone for ever.
    WindowsNeverLapse = "windows-never-lapse",
    /// Overshoot counts what was reached before detection.
    OvershootFromTheStart = "overshoot-from-the-start",
    /// What will happen after the end of the run was prevented.
    QueuedEffectsArePrevented = "queued-effects-are-prevented",
    /// A queued effect that has not happened is certain.
    QueuedEffectsCountAsDone = "queued-effects-count-as-done",
    /// What is refused without any control counts as collateral.
    CollateralCountsOldRefusals = "collateral-counts-old-refusals",
    /// The factor counts from the start of the run.
    FactorFromTheStart = "factor-from-the-start",
    /// A run counts as contained while a door is open.
    OpenDoorsAreContained = "open-doors-are-contained",
    /// What was spared is counted within this run alone.
    SparedIsNotCompared = "spared-is-not-compared",
    /// Depth counts what an agent starts with.
    DepthCountsWhatIsGiven = "depth-counts-what-is-given",
    /// Containment is declared with the first action, not with the last.
    FirstActionDeclares = "first-action-declares",
    /// An action that failed declares containment.
    FailedActionDeclares = "failed-action-declares",
    /// The first door that shuts counts as the last.
    FirstDoorCloses = "first-door-closes",
    /// A rule that lets more through declares containment.
    LooserRuleDeclares = "looser-rule-declares",
    /// An alarm that honest work raised counts as detection.
    FalseAlarmsDetect = "false-alarms-detect",
    /// Leftover that was touched before counts as fresh.
    FreshIsWhatWasTouched = "fresh-is-what-was-touched",
    /// What never came within the run is within any limit of time.
    NeverIsInTime = "never-is-in-time",
    /// A bounded value is taken for its lower end.
    BoundsAreCertain = "bounds-are-certain",
    /// A run passes though the uncontrolled one did no harm either.
    NothingNeedsToBite = "nothing-needs-to-bite",
    /// A run that contradicts its truth can pass.
    TruthIsNotCompared = "truth-is-not-compared",
    /// A limit is broken where it is just reached.
    LimitsHoldBelow = "limits-hold-below",
    /// The last block of a journal is left out of its digest.
    DigestLeavesOutTheEnd = "digest-leaves-out-the-end",
    /// A run begins with the credentials as the one before it left them.
    RunsLeaveTraces = "runs-leave-traces",
    /// The status of an answer is left out of the journal.
    StatusIsNotWritten = "status-is-not-written",
    /// An answer over HTTP does not say when to come back.
    RetryAfterDropped = "retry-after-dropped",
    /// A request over HTTP does not say where it comes from.
    NetworkDropped = "network-dropped",
    /// A request over HTTP does not say which page it wants.
    CursorDropped = "cursor-dropped",
    /// A request over HTTP does not say of which conversation it is part.
    ConversationDropped = "conversation-dropped",
    /// A name that leads into a private network is pinned.
    InsideAddressPinned = "inside-address-pinned",
    /// What may change something is sent without being listed.
    UnlistedWriteSent = "unlisted-write-sent",
    /// A request for a token counts as a read where it is listed as one.
    TokenRequestIsARead = "token-request-is-a-read",
    /// A `HEAD` only reads where a `GET` is listed as a write.
    HeadOfAWriteIsARead = "head-of-a-write-is-a-read",
    /// A header that makes another request of the one that was judged is sent.
    DisguiseSent = "disguise-sent",
    /// A cap on requests lets one more through.
    CapAdmitsOneMore = "cap-admits-one-more",
    /// What is under way when the switch is thrown goes on.
    SwitchLeavesWhatIsUnderWay = "switch-leaves-what-is-under-way",
    /// A refusal counts although the control is refused too.
    ControlIgnored = "control-ignored",
    /// A step that was refused declares containment.
    FailedStepDeclares = "failed-step-declares",
    /// What is not answered stays refused.
    SilenceSettles = "silence-settles",
    /// What nobody answered is not issued again.
    SilenceIssuesNothing = "silence-issues-nothing",
    /// A drill of which a step failed passes.
    FailedStepsPass = "failed-steps-pass",
    /// What never came is late where nothing had to come.
    PreventedIsLate = "prevented-is-late",
    /// The first agent without work stands for all.
    OneIsAll = "one-is-all",
    /// Honest work of a variant is beyond the task.
    VariantsWorkIsHarm = "variants-work-is-harm",
    /// What is exchanged may be made up.
    MadeUpIsExchanged = "made-up-is-exchanged",
    /// Honest work that was refused breaks nothing.
    CollateralPasses = "collateral-passes",
    /// What told of an alarm before anything was done counts as one.
    OldAlarmsCount = "old-alarms-count",
    /// A probe that anybody passes is taken for a proof.
    OpenDoorProves = "open-door-proves",
    /// The change that prevents least stands first.
    RankedFromTheWorst = "ranked-from-the-worst",
    /// What stops a run after nearly all of the harm counts as containing.
    AfterTheFactContains = "after-the-fact-contains",
    /// What works through an alarm counts as if nobody had to answer it.
    AnswersContain = "answers-contain",
    /// What only delays counts as a help.
    DelaysHelp = "delays-help",
    /// Nothing is mended that has not happened by the end.
    QueuedHarmIsNoHarm = "queued-harm-is-no-harm",
    /// Honest work that a change stops is not counted.
    HonestWorkIsNotHit = "honest-work-is-not-hit",
    /// A few seeds are taken for all seeds.
    IntervalIsAPoint = "interval-is-a-point",
    /// Where no single change contains, no two are tried together.
    PairsAreNotTried = "pairs-are-not-tried",
    /// What lies on every way to one collection is taken for what lies on every way to all.
    ChokeOfOneWay = "choke-of-one-way",
    /// The times at which the hops of a run were taken are added up.
    TimesOfARunAddUp = "times-of-a-run-add-up",
    /// The search for the fewest grants tries one grant of each way.
    CutTriesOneGrant = "cut-tries-one-grant",
    /// The grants that the task needs may be cut as well.
    TaskIsCutToo = "task-is-cut-too",
    /// No way leads from a record to who obeys it.
    InstructionsLeadNowhere = "instructions-lead-nowhere",
    /// A broken limit is tolerated after its last day.
    SuppressionsNeverExpire = "suppressions-never-expire",
    /// More harm than before counts as better.
    WorseIsBetter = "worse-is-better",
    /// Two intervals that meet are told apart.
    IntervalsAreNotAsked = "intervals-are-not-asked",
    /// A share that rises is worse, also where there is only less of the whole.
    SmallerWholesAreWorse = "smaller-wholes-are-worse",
    /// A case that fails as it should is red.
    ExpectedFailureIsRed = "expected-failure-is-red",
    /// What made a broken limit possible is said to stand on the first line.
    CauseWithoutItsLine = "cause-without-its-line",
    /// What got worse closes no gate.
    WorseIsLetThrough = "worse-is-let-through",
    /// A limit that tolerates more, or is gone, goes unnoticed.
    WeakerIsLetThrough = "weaker-is-let-through",
    /// A case that says nothing is green.
    SilenceIsGreen = "silence-is-green",
    /// Every operation of an inventory counts as exercised.
    InventoryIsCovered = "inventory-is-covered",
    /// A probe that anybody passes is held against the promise.
    WorthlessProbesCount = "worthless-probes-count",
    /// Nobody asks what happened between the last request that was accepted and the first that was refused.
    GapsKeepPromises = "gaps-keep-promises",
    /// A refusal counts from when it was asked for, also where the server looked later.
    SlowRefusalsAreSooner = "slow-refusals-are-sooner",
    /// A refresh token is shown again after another has taken its place.
    RotatedTokensAreDropped = "rotated-tokens-are-dropped",
    /// A part of a line stays where the disk was full.
    PartsOfLinesStay = "parts-of-lines-stay",
    /// A step that nobody answered was refused.
    SilenceIsARefusal = "silence-is-a-refusal",
    /// A full disk keeps what was written from being undone.
    FullDiskLeavesWrites = "full-disk-leaves-writes",
    /// An alarm is raised by whoever knows where it is heard.
    AnybodyRaisesAlarms = "anybody-raises-alarms",
    /// The first request that comes is the alarm.
    AnyRequestIsTheAlarm = "any-request-is-the-alarm",
    /// The metadata of another issuer is believed.
    AnyIssuerIsBelieved = "any-issuer-is-believed",
    /// What is discovered stands over what the file says.
    DiscoveryStandsOverTheFile = "discovery-stands-over-the-file",
    /// A write is sent before its undoing is on the disk.
    UndoIsWrittenLater = "undo-is-written-later",
    /// Found secrets are tried, whatever the file says.
    EveryFoundSecretIsTried = "every-found-secret-is-tried",
    /// What traffic shows is shown with its secrets.
    TrafficIsShownAsItIs = "traffic-is-shown-as-it-is",
    /// A run widens whatever the checks say.
    ChecksAreNotHeld = "checks-are-not-held",
    /// What nobody issued is not even well-formed.
    MadeUpIsMalformed = "made-up-is-malformed",
    /// A step that only looks something up has declared that all is over.
    LookingUpDeclares = "looking-up-declares",
    /// Whoever remembers a refusal is asked once after everything was put back.
    PutBackIsLookedAtOnce = "put-back-is-looked-at-once",
    /// A password is sent without its user.
    PairsLoseTheirUser = "pairs-lose-their-user",
    /// Any 401 is the end of a credential.
    AnyUnauthorizedIsTheEnd = "any-unauthorized-is-the-end",
    /// One credential is sent over the connection of another.
    ConnectionsAreShared = "connections-are-shared",
    /// A connection is trusted however long it waited.
    ConnectionsAreKeptForEver = "connections-are-kept-for-ever",
    /// A token for which a found client was changed is written down.
    MintedTokensAreWritten = "minted-tokens-are-written",
    /// A client that got no token asks for one each time.
    RefusedClientsAskAgain = "refused-clients-ask-again",
    /// What came of a request is kept to the end of the run.
    AnswersAreKept = "answers-are-kept",
    /// An explorer takes some refusals in a row for a refusal of all records.
    ExplorersGiveUp = "explorers-give-up",
    /// A write that was never answered is looked for at once, and no later.
    LateWritesAreLost = "late-writes-are-lost",
}

impl Mistake {
    /// Whether this mistake is to be made.
    #[cfg(feature = "planted")]
    pub fn here(self) -> bool {
        use std::sync::OnceLock;
        static PLANTED: OnceLock<Option<Mistake>> = OnceLock::new();
        let named = || {
            let name = std::env::var("RUNAWAY_PLANTED").ok()?;
            Mistake::ALL.iter().copied().find(|mistake| mistake.name() == name)
        };
        *PLANTED.get_or_init(named) == Some(self)
    }

    /// Whether this mistake is to be made: never.
    #[cfg(not(feature = "planted"))]
    pub const fn here(self) -> bool {
        false
    }

    /// One where this mistake is to be made, else none: what is off by one.
    pub fn slip(self) -> u64 {
        u64::from(self.here())
    }
}

impl Span {
    /// The same, or nothing where this mistake is to be made.
    pub fn unless(self, mistake: Mistake) -> Span {
        if mistake.here() { Span::ZERO } else { self }
    }
}
