using DistEmbed.Protocol;
using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Coordinator.Local;

/// <summary>The files that the stage was trained with, and whether they are the same still.</summary>
public sealed partial class TrainedRun
{
    /// <summary>Makes sure that the vector file is the one that the run began with; of an old run nobody knows.</summary>
    /// <exception cref="InvalidInputException">It is gone, or another one now.</exception>
    public void RequireSameVectors() =>
        InputFile.Require(_facts.Files, Job, InputFile.Vectors, "Put the file back as it was.");

    private LoadedVectors? LoadVectors()
    {
        RequireSameVectors();
        return PreparedStage.LoadVectors(
            Job, Vocabulary, name => VectorsOfStage(Directory, name));
    }
}
