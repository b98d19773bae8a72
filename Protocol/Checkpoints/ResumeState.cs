using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Measures;

namespace DistEmbed.Protocol.Checkpoints;

/// <summary>Everything beside rows that a resumed run needs to go on as if it had never stopped. All numbers are as of the end of the checkpoint's step.</summary>
public sealed record ResumeState
{
    /// <summary>The step that comes next.</summary>
    public required int NextStep { get; init; }

    /// <summary>Every evaluation so far, in order.</summary>
    public IReadOnlyList<EvaluationRecord> Evaluations { get; init; } = [];

    /// <summary>The best evaluation so far; null before the first.</summary>
    public BestEvaluation? Best { get; init; }

    /// <summary>Evaluations since the best, which patience counts.</summary>
    public int EvaluationsSinceBest { get; init; }

    /// <summary>Counters since training began.</summary>
    public RunTotals Totals { get; init; } = new();

    /// <summary>Seconds of training, over every process that took part one after the other.</summary>
    public double ElapsedSeconds { get; init; }

    /// <summary>Each group of tables by name: frozen or tuned.</summary>
    public IReadOnlyDictionary<string, GroupState> Groups { get; init; } = new Dictionary<string, GroupState>();

    /// <summary>Changes of the plan that were asked for while the job ran, in the order of their steps; those of later steps are made again too.</summary>
    public IReadOnlyList<PlanChange> Changes { get; init; } = [];

    /// <summary>What was measured since the last look at whether a phase ends; null: nothing is looked at.</summary>
    public PhaseWindow? Window { get; init; }
}

/// <summary>What was measured over steps of a phase.</summary>
/// <param name="Steps">The steps.</param>
/// <param name="LossSum">Sum of the losses.</param>
/// <param name="LossCount">Number of losses in the sum.</param>
/// <param name="GradientSquares">Sum over steps and slices of the squares of the gradient, for each group that is watched.</param>
public sealed record PhaseWindow(int Steps, double LossSum, long LossCount, IReadOnlyList<double> GradientSquares);

/// <summary>One evaluation on the dev part.</summary>
/// <param name="Step">After which step.</param>
/// <param name="Epoch">In which epoch, from 0.</param>
/// <param name="Loss">Mean loss.</param>
/// <param name="Scores">Values of the model's measures.</param>
public sealed record EvaluationRecord(int Step, int Epoch, double Loss, Scores Scores)
{
    /// <summary>Name of the phase of training; null where the job has no phases of its own.</summary>
    public string? Phase { get; init; }
}

/// <summary>The best evaluation.</summary>
/// <param name="Step">After which step.</param>
/// <param name="Metric">Value of the metric that decides, higher is better.</param>
public sealed record BestEvaluation(int Step, double Metric)
{
    /// <summary>Name of the phase of training; null where the job has no phases of its own.</summary>
    public string? Phase { get; init; }
}

/// <summary>Counters of a run.</summary>
public sealed record RunTotals
{
    /// <summary>Examples trained on, repetitions in later epochs included.</summary>
    public long Examples { get; init; }

    /// <summary>Words trained on.</summary>
    public long Words { get; init; }

    /// <summary>Rows that workers pulled.</summary>
    public long RowsPulled { get; init; }

    /// <summary>Rows that workers pushed.</summary>
    public long RowsPushed { get; init; }

    /// <summary>Bytes of the rows pulled.</summary>
    public long BytesPulled { get; init; }

    /// <summary>Bytes of the rows pushed.</summary>
    public long BytesPushed { get; init; }

    /// <summary>Rows that workers needed and had, so that they were not pulled.</summary>
    public long RowsKept { get; init; }

    /// <summary>Bytes of those rows.</summary>
    public long BytesKept { get; init; }

    /// <summary>Pushes sent: those applied and those rejected.</summary>
    public long PushesSent { get; init; }

    /// <summary>Pushes applied.</summary>
    public long PushesApplied { get; init; }

    /// <summary>Pushes rejected, by reason.</summary>
    public IReadOnlyDictionary<string, long> PushesRejected { get; init; } = new Dictionary<string, long>();
}

/// <summary>What a group of tables does.</summary>
/// <param name="Frozen">Whether the next step leaves it unchanged.</param>
/// <param name="FirstTunedStep">First step that may change it, as far as is known; null: none.</param>
public sealed record GroupState(bool Frozen, int? FirstTunedStep);
