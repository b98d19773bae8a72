using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// A phase of training. Phases follow one another: each begins with the step after the last one's end, and the last holds until the run ends. What a phase has no
/// rule for is tuned at its full rate.
/// </summary>
public sealed record PhaseSpec
{
    /// <summary>Name in plans, logs and reports. Default: its number, from 1.</summary>
    public string? Name { get; init; }

    /// <summary>What groups and rows do in this phase. Of several rules for a row the last wins.</summary>
    public IReadOnlyList<PhaseRuleSpec> Rules { get; init; } = [];

    /// <summary>When it ends: with the first of what is given. Only the last phase has none.</summary>
    public PhaseEndSpec? Until { get; init; }
}

/// <summary>What a group of tables, or some rows of it, do in a phase.</summary>
public sealed record PhaseRuleSpec
{
    /// <summary>The group: <c>embedding</c>, or a dense layer's name.</summary>
    public required string Group { get; init; }

    /// <summary>The rows that the rule is about, where the group's rows are words. Default: all.</summary>
    public RowSelectorSpec? Rows { get; init; }

    /// <summary>Whether the group is tuned.</summary>
    public RuleState State { get; init; } = RuleState.Tuned;

    /// <summary>Factor on the learning rate of the group's optimizer while it is tuned.</summary>
    public double Factor { get; init; } = 1;

    /// <summary>With state <c>anchored</c>: after each step a row goes back by this times the learning rate of the way to where it started.</summary>
    public double? Strength { get; init; }

    /// <summary>With state <c>capped</c>: the largest L2 distance of a row from where it started.</summary>
    public double? Radius { get; init; }

    /// <summary>Steps over which the learning rate rises linearly after a thaw.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>What follows the rise.</summary>
    public WarmupShape Warmup { get; init; } = WarmupShape.Linear;
}

/// <summary>What a group does.</summary>
public enum RuleState
{
    /// <summary>It is changed by gradients.</summary>
    Tuned,

    /// <summary>It stays as it is, bit by bit: no gradient, no decay, no momentum, no push.</summary>
    Frozen,

    /// <summary>It is tuned and pulled back towards where it started, the pretrained vector where there is one, by <see cref="PhaseRuleSpec.Strength"/>: the L2-SP penalty (Li et al. 2018) in decoupled form.</summary>
    Anchored,

    /// <summary>It is tuned, and no row is ever further than <see cref="PhaseRuleSpec.Radius"/> from where it started: after each step a row beyond is put back on the sphere.</summary>
    Capped,
}

/// <summary>How the learning rate goes on after a thaw.</summary>
public enum WarmupShape
{
    /// <summary>It rises linearly and stays.</summary>
    Linear,

    /// <summary>It rises and falls linearly until the run ends (Howard and Ruder 2018, equation 3): over a tenth of what is left, unless <see cref="PhaseRuleSpec.WarmupSteps"/> says otherwise, and to 1/32.</summary>
    SlantedTriangle,
}

/// <summary>What happens to a group's optimizer state when it thaws. While it is frozen the state is kept as it is.</summary>
public enum ThawState
{
    /// <summary>It begins anew: what it remembers is of weights around it that are no more.</summary>
    Fresh,

    /// <summary>It goes on where it was.</summary>
    Kept,
}

/// <summary>When a phase ends. Of several the first that comes ends it.</summary>
public sealed record PhaseEndSpec
{
    /// <summary>The phase's last step, counted from the start of the run.</summary>
    public int? Step { get; init; }

    /// <summary>The phase's last epoch, counted from the start of the run: with 4 the fifth epoch belongs to the next phase.</summary>
    public int? Epoch { get; init; }

    /// <summary>Examples (words, for cbow and skip-gram) since the start of the run, as whole batches count them: the phase's last step is the one that reaches them.</summary>
    public long? Examples { get; init; }

    /// <summary>Steps that the phase lasts.</summary>
    public int? AfterSteps { get; init; }

    /// <summary>Epochs that the phase lasts, of as many steps each as an epoch has.</summary>
    public int? AfterEpochs { get; init; }

    /// <summary>Evaluations one after the other, in this phase, of which none was better on dev than the best of this phase before them.</summary>
    public int? DevStalled { get; init; }

    /// <summary>The mean loss of the training examples since the last check is below this.</summary>
    public double? TrainLossBelow { get; init; }

    /// <summary>
    /// The gradient norm of <see cref="GradientOf"/> since the last check is below this: the root of the mean over steps of the sum of the squares of all slices' gradients.
    /// </summary>
    public double? GradientNormBelow { get; init; }

    /// <summary>The group whose gradient norm counts. Default: the model's last layer.</summary>
    public string? GradientOf { get; init; }

    /// <summary>Steps between two checks of loss and gradient norm, from the phase's first step on. Default: an epoch.</summary>
    public int? CheckEverySteps { get; init; }

    /// <summary>Whether what ends the phase shows only while it trains.</summary>
    [JsonIgnore]
    public bool IsAwaited => DevStalled is not null || IsChecked;

    /// <summary>Whether it asks for checks between evaluations.</summary>
    [JsonIgnore]
    public bool IsChecked => TrainLossBelow is not null || GradientNormBelow is not null;
}
