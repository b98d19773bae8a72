using System.Globalization;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;

namespace DistEmbed.Coordinator.Local;

/// <summary>The phases and tables of a stage, before anything is trained: also where its vectors are those of a stage that has not been trained.</summary>
/// <param name="Name">The stage's name.</param>
/// <param name="Freeze">The phases.</param>
/// <param name="Tables">The tables.</param>
/// <param name="Vocabulary">The words.</param>
/// <param name="HasVector">Whether a row starts with a given vector.</param>
/// <param name="Classes">Which row selectors of the job meet which rows; null where it has none.</param>
/// <param name="UnknownWords">Words that its selectors name and the vocabulary does not have.</param>
public sealed record PlannedStage(
    string Name, FreezePlan Freeze, IReadOnlyList<TableSpec> Tables, WordVocabulary Vocabulary, Func<int, bool> HasVector, RowClasses? Classes, IReadOnlyList<string> UnknownWords)
{
    /// <summary>What the user should know of the row selectors beside the phases: named words that are not there.</summary>
    public IEnumerable<string> Notes() => UnknownWordsNote(UnknownWords) is { } note ? [note] : [];

    /// <summary>A line about words that row selectors name and the vocabulary does not have; null: it has them all.</summary>
    public static string? UnknownWordsNote(IReadOnlyList<string> words) => words.Count == 0 ? null : string.Create(
        CultureInfo.InvariantCulture, $"not in the vocabulary: {words.Count} of the words that rules name ({PrintableText.List(words)})");

    /// <summary>The stages of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="shared">Takes what was read; null: nobody else needs it.</param>
    /// <exception cref="InvalidInputException">Data or vectors cannot be used, or a phase does not fit the steps.</exception>
    public static IEnumerable<PlannedStage> Of(JobFile job, StageInputs? shared = null)
    {
        var dimensions = new Dictionary<string, int>(StringComparer.Ordinal);
        var vocabularies = new Dictionary<string, WordVocabulary>(StringComparer.Ordinal);
        StageInputs inputs = shared ?? new StageInputs();
        foreach (JobStage stage in job.Stages)
        {
            PreparedData data = inputs.DataOf(job, stage);
            VectorsSpec vectors = stage.Spec.Vectors;
            string? source = vectors.StageName;
            LoadedVectors? loaded = source is null ? inputs.VectorsOf(job, stage, _ => "") : null;
            int dimension = source is not null ? dimensions[source] : loaded?.Dimension ?? vectors.Dimension!.Value;
            (dimensions[stage.Name], vocabularies[stage.Name]) = (dimension, data.Vocabulary);
            Func<int, bool> hasVector = source is not null ? row => row >= WordVocabulary.FirstWordRow && IsWordOf(vocabularies[source], data.Vocabulary.Word(row), vectors.LowerCaseFallback)
                : row => loaded is not null && Array.BinarySearch(loaded.Rows, row) >= 0;
            IBatchPlan batches = BatchPlans.Of(stage.Spec, data);
            int totalSteps = stage.Spec.Training.Steps ?? checked(stage.Spec.Training.Epochs!.Value * batches.StepsPerEpoch);
            using IEmbeddingModel model = ModelCatalog.Create(stage.Spec.Model, new ModelShape(data.Vocabulary, data.Labels.Count, dimension, vectors.Range) { Symbols = data.Symbols.Count, ModelPath = stage.Spec.ModelPath });
            yield return new PlannedStage(
                stage.Name, FreezePlan.Resolve(stage.Spec, batches.StepsPerEpoch, totalSteps), model.Tables, data.Vocabulary, hasVector,
                RowSelectors.Resolve(stage.Spec, data.Vocabulary, hasVector), RowSelectors.Unknown(stage.Spec, data.Vocabulary));
        }
    }

    /// <summary>Whether a stage that is still to be trained will have a vector for a word.</summary>
    internal static bool IsWordOf(WordVocabulary source, string word, bool lowerCaseFallback) =>
        source.TryRowOf(word, out _) || (lowerCaseFallback && source.TryRowOf(LowerCase.Of(word), out _));
}
