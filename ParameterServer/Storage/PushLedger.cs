using DistEmbed.Protocol.Messages;

namespace DistEmbed.ParameterServer.Storage;

/// <summary>
/// Which blocks of pushes were taken: what makes a repeat harmless. Steps complete in order; what is remembered of a complete step is that it is complete, so
/// memory is bounded by the steps under way.
/// </summary>
public sealed class PushLedger(int slices)
{
    private readonly Dictionary<int, PendingStep> _pending = [];

    /// <summary>Every slice of every step up to this one is in.</summary>
    public int CompleteStep { get; private set; }

    /// <summary>
    /// Whether slice, block and number of blocks make sense, and agree with what came before of the same slice: its rows stand in <see cref="RowOrder"/> from block to block.
    /// </summary>
    public bool Fits(PushRows push)
    {
        if ((uint)push.Slice >= (uint)slices || push.Blocks < 1 || (uint)push.Block >= (uint)push.Blocks)
            return false;
        if (!_pending.TryGetValue(push.Step, out PendingStep? step) || step.Slices[push.Slice] is not { } blocks)
            return true;
        return blocks.Length == push.Blocks && (push.Block == 0 || Follows(blocks[push.Block - 1], push)) && (push.Block == push.Blocks - 1 || Follows(push, blocks[push.Block + 1]));
    }

    private static bool Follows(PushRows? first, PushRows? second) =>
        first?.Gradients is not [.., { Rows: [.., var last] } before] || second?.Gradients is not [{ Rows: [var next, ..] } after, ..]
        || RowOrder.Of(before.Table, last) < RowOrder.Of(after.Table, next);

    /// <summary>Takes a block that <see cref="Fits"/>; false for a repeat.</summary>
    /// <param name="push">The block.</param>
    /// <param name="keep">Whether its gradients are kept until the step is complete; else only its having come.</param>
    public bool TryTake(PushRows push, bool keep)
    {
        if (push.Step <= CompleteStep)
            return false;
        if (!_pending.TryGetValue(push.Step, out PendingStep? step))
            _pending[push.Step] = step = new PendingStep(slices);
        PushRows?[] blocks = step.Slices[push.Slice] ??= new PushRows?[push.Blocks];
        if (blocks[push.Block] is not null)
            return false;
        blocks[push.Block] = keep ? push : push with { Gradients = [] };
        if (Array.TrueForAll(blocks, b => b is not null))
            step.Complete++;
        return true;
    }

    /// <summary>What has come of the step after <see cref="CompleteStep"/>: the blocks of each slice, null where one has not come. Null while nothing has.</summary>
    public PushRows?[]?[]? Next => _pending.GetValueOrDefault(CompleteStep + 1)?.Slices;

    /// <summary>Completes the step after <see cref="CompleteStep"/> if all its slices are in.</summary>
    public bool TryComplete()
    {
        if (!_pending.TryGetValue(CompleteStep + 1, out PendingStep? step) || step.Complete < slices)
            return false;
        CompleteStep++;
        _pending.Remove(CompleteStep);
        return true;
    }

    /// <summary>Slices of a step that are not complete.</summary>
    public IReadOnlyList<int> MissingSlices(int step)
    {
        if (step <= CompleteStep)
            return [];
        PendingStep? pending = _pending.GetValueOrDefault(step);
        return [.. Enumerable.Range(0, slices).Where(s => pending?.Slices[s] is not { } blocks || Array.Exists(blocks, b => b is null))];
    }

    /// <summary>Forgets everything and counts steps up to <paramref name="step"/> as complete.</summary>
    public void Reset(int step)
    {
        _pending.Clear();
        CompleteStep = step;
    }

    private sealed class PendingStep(int slices)
    {
        public PushRows?[]?[] Slices { get; } = new PushRows?[]?[slices];

        public int Complete { get; set; }
    }
}
