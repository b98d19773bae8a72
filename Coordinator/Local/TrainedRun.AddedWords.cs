using DistEmbed.Coordinator.Reports;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Models;

namespace DistEmbed.Coordinator.Local;

/// <summary>
/// Words that the vocabulary lacks and new text has: rows behind the trained ones, which only predictions read.
/// </summary>
public sealed partial class TrainedRun
{
    private LoadedVectors? _added;
    private IEmbeddingModel? _widened;
    private FirstRows[] _addedRows = [];

    /// <summary>
    /// The words of <see cref="Vocabulary"/> in their rows, and behind them those that were added: what text is encoded
    /// with to be predicted.
    /// </summary>
    public WordVocabulary AllWords { get; private set; }

    /// <summary>
    /// The vector file that the stage starts from; <c>vectors.bin</c> if that is another stage. Null: it starts from
    /// none. It may be gone, or another by now.
    /// </summary>
    public string? VectorFile => Job.Vectors switch
    {
        { File: null } => null,
        { StageName: { } name } => Path.GetFullPath(VectorsOfStage(Directory, name)),
        { File: { } file } => Job.Data.PathOf(file),
    };

    /// <summary>What predicts: the trained model, with room for the added words.</summary>
    private IEmbeddingModel Predicting => _widened ?? _model;

    /// <summary>
    /// Gives words that the vocabulary lacks rows of their own, which are what they would have been at the start of
    /// training: their vector in every table that starts
    /// from pretrained vectors (both channels of a multichannel text-cnn), the first value of the table elsewhere.
    /// Tables, checkpoints and exports stay as they are.
    /// </summary>
    /// <param name="words">Words that <see cref="AllWords"/> lacks.</param>
    /// <param name="vectors">
    /// Vectors of some of them, by their rows in <paramref name="words"/>; the others are not added.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A vector has another length than a row, or a word is there already.
    /// </exception>
    public void AddWords(WordVocabulary words, LoadedVectors vectors)
    {
        if (vectors.Dimension != Dimension)
            throw new ArgumentException($"vectors of {vectors.Dimension} numbers, not {Dimension}", nameof(vectors));
        if (vectors.Rows.Length == 0)
            return;
        int[] rows = [.. Enumerable.Range(AllWords.Rows, vectors.Rows.Length)];
        AllWords = AllWords.With([.. vectors.Rows.Select(words.Word)]);
        _added = _added is null ? vectors with { Rows = rows }
            : _added with { Rows = [.. _added.Rows, .. rows], Values = [.. _added.Values, .. vectors.Values] };
        _widened?.Dispose();
        _widened = ModelOf(AllWords);
        _addedRows = [.. _widened.Tables.Select(table => new FirstRows(_widened.Tables, table.Name, _added, Job.Seed))];
    }

    private static string VectorsOfStage(RunDirectory directory, string name) =>
        Path.Combine(directory.Path, "..", name, TrainingJob.VectorsFileName);

    private IEmbeddingModel ModelOf(WordVocabulary vocabulary) => ModelCatalog.Create(
        Job.Model,
        new ModelShape(vocabulary, _facts.Labels.Count, _facts.Dimension, _facts.EmbeddingRange)
        {
            Symbols = _facts.Symbols.Count,
            ModelPath = Job.ModelPath,
        });
}
