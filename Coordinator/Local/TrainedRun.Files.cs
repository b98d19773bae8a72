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

    /// <summary>
    /// What is wrong with the vector file that the stage starts from: it is gone, or another one by now; null: nothing is,
    /// or it starts from none. Reads the whole file.
    /// </summary>
    public InputError? VectorFileProblem()
    {
        if (VectorFile is not { } file)
            return null;
        const string Fix = "Put it back, or name a copy with --vectors.";
        if (InputFile.Changed(_facts.Files, Job, InputFile.Vectors, Fix) is [{ } changed, ..])
            return changed;
        return File.Exists(file) ? null : new InputError(file, "is not there.", Fix);
    }

    /// <summary>Whether a file has the content of the vector file that the run began with; of an old run nobody knows.</summary>
    public bool BeganWith(string vectors) =>
        _facts.Files.FirstOrDefault(file => file.Setting == "vectors.file") is { } own && own.IsAt(vectors);

    private LoadedVectors? LoadVectors()
    {
        RequireSameVectors();
        return PreparedStage.LoadVectors(
            Job, Vocabulary, name => VectorsOfStage(Directory, name));
    }
}
