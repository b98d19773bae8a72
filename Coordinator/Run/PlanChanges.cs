using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Run;

/// <summary>
/// The changes of a run's plan, and which shards have made them. Until every shard has, nothing may be granted: rows and commands travel on different connections,
/// and no gradient may reach a shard before the change that its step needs. Knows no actor or clock.
/// </summary>
/// <param name="tables">The tables, whose timelines are changed.</param>
/// <param name="shards">Number of shards.</param>
public sealed class PlanChanges(IReadOnlyList<TablePlan> tables, int shards)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly int[] _made = new int[shards];
    private IReadOnlyList<PlanChange> _all = [];
    private TimeSpan _sentAt;

    /// <summary>All changes, in the order of their steps.</summary>
    public IReadOnlyList<PlanChange> All => _all;

    /// <summary>Whether every shard has made every change.</summary>
    public bool AreInPlace => Array.TrueForAll(_made, m => m >= _all.Count);

    /// <summary>Shards that have not.</summary>
    public IEnumerable<int> MissingShards => Enumerable.Range(0, shards).Where(s => _made[s] < _all.Count);

    /// <summary>When they were asked last.</summary>
    public TimeSpan SentAt => _sentAt;

    /// <summary>Why a change cannot be made; null: it can.</summary>
    public string? FaultOf(ChangeGroup change)
    {
        string[] groups = [.. tables.Select(t => t.Spec.Group).Distinct().Order(StringComparer.Ordinal)];
        TablePlan[] changed = [.. tables.Where(t => t.Spec.Group == change.Group && t.IsChangeable)];
        if (!groups.Contains(change.Group))
            return $"The model has no group '{change.Group}'. Its groups: {string.Join(", ", groups)}.";
        if (changed.Length == 0)
            return $"Group '{change.Group}' is frozen for the whole run by the job, so its rows have no optimizer state that could move them. Start a run whose job tunes it.";
        if (change is { Frozen: null, LearningRate: null })
            return "Nothing to change: say whether the group is frozen, or give a learning rate.";
        if (change.LearningRate is not { } rate)
            return null;
        InputError[] errors = [.. changed.SelectMany(t => (t.Optimizer with { LearningRate = rate }).Validate($"optimizers.{change.Group}", t.MaxNorm)).Distinct()];
        return errors.Length == 0 ? null
            : string.Create(CultureInfo.InvariantCulture, $"A learning rate of {rate} cannot be used: {string.Join(" ", errors.Select(e => e.ToString()))}");
    }

    /// <summary>Makes a change; one that is made already changes nothing.</summary>
    public void Make(PlanChange change)
    {
        TablePlan.Make(tables, change);
        if (!_all.Contains(change))
            _all = [.. _all.Append(change).OrderBy(c => c.Step)];
    }

    /// <summary>The message that tells shards a change.</summary>
    public ChangePlan Message(PlanChange change, TimeSpan now)
    {
        _sentAt = now;
        return new ChangePlan(change);
    }

    /// <summary>The messages that tell shards every change.</summary>
    public IEnumerable<ChangePlan> Messages(TimeSpan now)
    {
        _sentAt = now;
        return _all.Select(c => new ChangePlan(c));
    }

    /// <summary>A shard has made so many changes.</summary>
    public void OnMade(PlanChanged made) => _made[made.Shard] = Math.Max(_made[made.Shard], made.Changes);

    /// <summary>Whether shards have to be asked again.</summary>
    public bool IsOverdue(TimeSpan now) => !AreInPlace && now - _sentAt > s_patience;
}
