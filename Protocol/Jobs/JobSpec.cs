using System.Text.Json.Serialization;
using DistEmbed.Protocol.Jobs.Settings;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// A job: everything that decides the result of a run, and nothing that does not. Written by the user as JSON with comments (camel case keys, kebab case
/// values), resolved with defaults, stored as <c>job.json</c> in the run directory. <see cref="ClusterSpec"/> is the one part that shapes speed only.
/// </summary>
public sealed record JobSpec
{
    /// <summary>Name of the job: names the run directory. Letters, digits, dot, dash, underscore. Default: that of the job file.</summary>
    [DependentDefault]
    public required string Name { get; init; }

    /// <summary>Seed of every random choice.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Where the text comes from and how it becomes tokens.</summary>
    public required DataSpec Data { get; init; }

    /// <summary>Initial word vectors.</summary>
    public VectorsSpec Vectors { get; init; } = new();

    /// <summary>
    /// The model. Default: text-cnn for labels, tagger for tags, parser for heads, tree-lstm for trees, tree-lstm-pairs for pairs of trees, skip-gram for text.
    /// </summary>
    [DependentDefault]
    public required ModelSpec Model { get; init; }

    /// <summary>Optimizer of each group of tables by the group's name; <c>default</c> serves the groups that are not named, and has itself a default that depends on the model.</summary>
    public IReadOnlyDictionary<string, OptimizerSpec> Optimizers { get; init; } = new Dictionary<string, OptimizerSpec>();

    /// <summary>Groups that are frozen from the start until a step or epoch. For more than that: <see cref="Phases"/>, or a <see cref="Recipe"/>; one of the three.</summary>
    public IReadOnlyList<FreezeSpec> Freeze { get; init; } = [];

    /// <summary>Phases of training, one after the other, with what groups do in each.</summary>
    public IReadOnlyList<PhaseSpec> Phases { get; init; } = [];

    /// <summary>Phases by name.</summary>
    public RecipeSpec? Recipe { get; init; }

    /// <summary>What happens to the optimizer state of a group that thaws, by the job or while it runs.</summary>
    public ThawState Thaw { get; init; } = ThawState.Fresh;

    /// <summary>Length, batch, consistency and arithmetic of training.</summary>
    public TrainingSpec Training { get; init; } = new();

    /// <summary>Evaluation on the dev part, early stopping, best weights.</summary>
    public EvaluationSpec Evaluation { get; init; } = new();

    /// <summary>When checkpoints are written and how many are kept.</summary>
    public CheckpointSpec Checkpoints { get; init; } = new();

    /// <summary>Workers and shards. Changes the speed of a sync run, never a bit of its result.</summary>
    public ClusterSpec Cluster { get; init; } = new();

    /// <summary>What a run writes beside its result.</summary>
    public ReportSpec Report { get; init; } = new();

    /// <summary>Full path of the assembly of a <see cref="CustomModelSpec"/>; null: the model is one of this program.</summary>
    [JsonIgnore]
    public string? ModelPath => Model is CustomModelSpec custom ? Data.PathOf(custom.Assembly) : null;

    /// <summary>The optimizer of <paramref name="group"/>: its own, else <c>default</c>; null where neither is given.</summary>
    public OptimizerSpec? OptimizerOf(string group) => Optimizers.GetValueOrDefault(group) ?? Optimizers.GetValueOrDefault("default");

    /// <summary>
    /// The same job with the defaults that depend on other settings written out: a labelled job with a dev part is evaluated every epoch unless it says
    /// otherwise. A job file's stages are resolved already.
    /// </summary>
    public JobSpec Resolved() =>
        Data is LabelledData { HasDev: true } && Model.NeedsLabels && Evaluation is { EveryEpochs: null, EverySteps: null }
            ? this with { Evaluation = Evaluation with { EveryEpochs = 1 } }
            : this;
}

/// <summary>Initial vectors of the embedding.</summary>
public sealed record VectorsSpec
{
    /// <summary>
    /// A file in word2vec text, word2vec binary, GloVe or fastText .vec form, gzipped or not, recognised by content, a relative path from
    /// <c>data.root</c>; or <c>stage:NAME</c>, the vectors that an earlier stage of the same job trained. Absent: every row is random.
    /// </summary>
    public string? File { get; init; }

    /// <summary>
    /// What the output vectors of cbow and skip-gram or the context vectors of glove, <c>context</c>, start from: a file such as the <c>context.bin</c> that a run leaves beside its <c>vectors.bin</c>, or
    /// the stage that <see cref="File"/> names. Absent: they start at zero, those of glove at random.
    /// </summary>
    public string? ContextFile { get; init; }

    /// <summary>Numbers a vector. With a file it must equal the file's dimension, and may be left out. Default without a file: 100.</summary>
    public int? Dimension { get; init; }

    /// <summary>How rows without a vector start.</summary>
    public MissingRows Missing { get; init; } = MissingRows.Uniform;

    /// <summary>
    /// Half width of the uniform distribution of <see cref="MissingRows.Uniform"/>. Absent: the model's own, 0.25 for classifiers (Kim 2014), half of one over the
    /// dimension for cbow and skip-gram (word2vec).
    /// </summary>
    public float? Range { get; init; }

    /// <summary>Whether a word that the file does not hold is looked up in lower case too.</summary>
    public bool LowerCaseFallback { get; init; } = true;

    /// <summary>The stage whose vectors <see cref="File"/> names with <c>stage:NAME</c>; null where it names a file or nothing.</summary>
    [JsonIgnore]
    public string? StageName => File is { } file && IsStage(file) ? file[StagePrefix.Length..] : null;

    /// <summary>Whether the value of <see cref="File"/> or <see cref="ContextFile"/> names a stage.</summary>
    internal static bool IsStage(string file) => file.StartsWith(StagePrefix, StringComparison.Ordinal);

    private const string StagePrefix = "stage:";
}

/// <summary>How embedding rows that the vector file does not hold start.</summary>
public enum MissingRows
{
    /// <summary>Uniform in ±<see cref="VectorsSpec.Range"/>.</summary>
    Uniform,

    /// <summary>Uniform with the variance of the vectors that were found (Kim 2014, section 3.1).</summary>
    Variance,

    /// <summary>Zero.</summary>
    Zero,
}

/// <summary>How training goes on.</summary>
public sealed record TrainingSpec
{
    /// <summary>
    /// Examples a step (50 unless given), words a step of cbow and skip-gram (1000), or pairs of words that are near each other in the text for glove (50000), of
    /// which a cell has one or more.
    /// </summary>
    [DependentDefault]
    public int Batch { get; init; } = 50;

    /// <summary>Parts a step's batch is cut into: the unit of work and of summation. More slices than workers help nobody; part of the result's bits.</summary>
    public int Slices { get; init; } = 2;

    /// <summary>
    /// Passes over the training data. Either this or <see cref="Steps"/>. Default: 10; 30 for tagger, 5 for cbow and skip-gram, 15 for glove.
    /// </summary>
    public int? Epochs { get; init; }

    /// <summary>Steps in all.</summary>
    public int? Steps { get; init; }

    /// <summary>When a pull is answered.</summary>
    public Consistency Consistency { get; init; } = Consistency.Sync;

    /// <summary>Steps that a pull may lag behind in <see cref="Consistency.Bounded"/>.</summary>
    public int? Staleness { get; init; }

    /// <summary>Torch's intra-op threads of each worker: decides the order of sums, so part of the result's bits.</summary>
    public int TorchThreads { get; init; } = 1;

    /// <summary>The instruction set of Torch's kernels: part of the result's bits.</summary>
    public InstructionSet InstructionSet { get; init; } = InstructionSet.Avx2;

    /// <summary>
    /// How rows and gradients travel between workers and servers: <c>full</c>, or <c>half</c>, rounded to 16 bits a number on the way, which halves the traffic. Rows
    /// are stored and optimizers compute in full. In one process they are rounded too: part of the result's bits, whatever the cluster.
    /// </summary>
    public RowFormat Wire { get; init; } = RowFormat.Full;
}

/// <summary>When a pull is answered.</summary>
public enum Consistency
{
    /// <summary>When every earlier step is applied: the same bits for any number of workers and shards.</summary>
    Sync,

    /// <summary>When every step but the last few is applied.</summary>
    Bounded,

    /// <summary>At once; pushes are applied on arrival.</summary>
    Async,
}

/// <summary>Instruction sets that Torch's kernels can be held to.</summary>
public enum InstructionSet
{
    /// <summary>Baseline x86-64 (SSE).</summary>
    Baseline,

    /// <summary>AVX2 with FMA.</summary>
    Avx2,

    /// <summary>AVX-512.</summary>
    Avx512,
}

/// <summary>Evaluation while training.</summary>
public sealed record EvaluationSpec
{
    /// <summary>Evaluate every so many epochs. Default: 1 where there is a dev part, unless <see cref="EverySteps"/> is given.</summary>
    public int? EveryEpochs { get; init; }

    /// <summary>Evaluate every so many steps instead.</summary>
    public int? EverySteps { get; init; }

    /// <summary>Stop after so many evaluations without improvement. Absent: never.</summary>
    public int? Patience { get; init; }

    /// <summary>Whether the weights with the best dev accuracy are used for the test and the export; else the last.</summary>
    public bool KeepBest { get; init; } = true;

    /// <summary>Word similarity and analogies that the word vectors are measured by at the start and at every checkpoint (probes.jsonl), beside the training.</summary>
    public IReadOnlyList<ProbeSpec> Probes { get; init; } = [];
}

/// <summary>Checkpoints. One is always written at the end and on an interruption.</summary>
public sealed record CheckpointSpec
{
    /// <summary>Write one every so many steps.</summary>
    public int? EverySteps { get; init; }

    /// <summary>Write one every so many minutes.</summary>
    public double? EveryMinutes { get; init; }

    /// <summary>How many of the newest are kept; the one with the best weights is kept besides.</summary>
    public int Keep { get; init; } = 2;
}

/// <summary>The shape of the cluster.</summary>
public sealed record ClusterSpec
{
    /// <summary>Parameter server nodes to wait for before a run starts in a cluster; one process has one.</summary>
    public int Servers { get; init; } = 1;

    /// <summary>Worker actors.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>Parameter server shards.</summary>
    public int Shards { get; init; } = 2;

    /// <summary>
    /// Megabytes of rows that each worker may keep so as not to read them again: rows of frozen tables, and rows that did not change since an evaluation read them.
    /// 0: none. When it is full nothing more is kept, except that rows of frozen tables take the room of others. Changes the traffic, never a bit.
    /// </summary>
    public int RowCacheMegabytes { get; init; } = 256;

    /// <summary>
    /// Megabytes of counted cells (12 bytes a cell) that each process of a glove job may keep in memory; the others are in a temporary file. Default: 4096. Changes no bit.
    /// </summary>
    public int? CellMegabytes { get; init; }

    /// <summary><see cref="CellMegabytes"/> in bytes.</summary>
    [JsonIgnore]
    public long CellBytes => (long)(CellMegabytes ?? 4096) << 20;

    /// <summary><see cref="RowCacheMegabytes"/> in bytes.</summary>
    [JsonIgnore]
    public long RowCacheBytes => (long)RowCacheMegabytes << 20;
}

/// <summary>What a run writes beside its result.</summary>
public sealed record ReportSpec
{
    /// <summary>
    /// Words whose nearest neighbours are shown before and after. Empty: where pretrained vectors are tuned and <see cref="Drift"/> is on, the eight of the 1,000 most
    /// frequent words whose vectors turned most.
    /// </summary>
    public IReadOnlyList<string> Neighbors { get; init; } = [];

    /// <summary>Whether every checkpoint's distance from the pretrained vectors is measured (drift.jsonl), where the job starts from vectors that it may change.</summary>
    public bool Drift { get; init; } = true;

    /// <summary>A line of metrics.jsonl every so many steps.</summary>
    public int MetricsEverySteps { get; init; } = 10;

    /// <summary>Whether TensorBoard event files are written.</summary>
    public bool TensorBoard { get; init; } = true;

    /// <summary>Whether report.html is written at the end; of a job with stages it has those that do not say false.</summary>
    public bool Html { get; init; } = true;
}
