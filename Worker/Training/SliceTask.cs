using DistEmbed.Protocol.Messages;
using DistEmbed.Worker.Exchange;
using DistEmbed.Worker.Models;

namespace DistEmbed.Worker.Training;

/// <summary>A slice to train or a chunk to evaluate, on its way through a worker: prepared, pulled, computed, pushed.</summary>
/// <param name="ReadsStep">The step as which its rows are pulled: the slice's step, or the one after the evaluated step.</param>
/// <param name="Index">Number of the slice or chunk.</param>
/// <param name="Part">The part that is evaluated; null for training.</param>
public sealed record SliceTask(int ReadsStep, int Index, EvaluationPart? Part)
{
    /// <summary>Generation of the run that granted it.</summary>
    public int Generation { get; init; }

    /// <summary>What the model decided about it; null before.</summary>
    public PreparedSlice? Prepared { get; set; }

    /// <summary>Its rows on their way; null before the pull.</summary>
    public PullAssembly? Pull { get; set; }

    /// <summary>When its pull was last sent.</summary>
    public TimeSpan PulledAt { get; set; }
}
