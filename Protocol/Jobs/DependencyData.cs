using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// Sentences with a head and a relation at each word. Words are tokens already: the tokenizer is for the lines that <c>distembed predict</c> reads.
/// </summary>
public sealed record DependencyData : LabelledData
{
    /// <summary>How the files are written.</summary>
    public DependencyLayout Layout { get; init; }

    /// <summary>Training files, read in order; of <see cref="DependencyLayout.Parallel"/> their names without what is behind the last dot.</summary>
    public required IReadOnlyList<string> Train { get; init; }

    /// <summary>Dev files.</summary>
    public IReadOnlyList<string>? Dev { get; init; }

    /// <summary>Test files.</summary>
    public IReadOnlyList<string>? Test { get; init; }

    /// <summary>Which part-of-speech tags the model reads, of the columns of CoNLL.</summary>
    public DependencyTags Tags { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<DataForm> Forms => [DataForm.Heads];

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasDev => Dev is not null || DevFraction > 0;
}

/// <summary>How files of dependencies are written.</summary>
public enum DependencyLayout
{
    /// <summary>
    /// CoNLL-X and CoNLL-U: a word a line in columns between tabs (number, word, lemma, coarse tag, fine tag, features, head, relation, ..), an empty line after each
    /// sentence. Comments, words of several tokens (2-3) and empty nodes (2.1) are passed over.
    /// </summary>
    Conll,

    /// <summary>A sentence a line in three files: NAME.toks, its words; NAME.parents, the number of each one's head, 0 for the root; NAME.rels, its relation.</summary>
    Parallel,
}

/// <summary>Part-of-speech tags that a parser reads.</summary>
public enum DependencyTags
{
    /// <summary>None.</summary>
    None,

    /// <summary>The fourth column of CoNLL, universal tags in CoNLL-U.</summary>
    Coarse,

    /// <summary>The fifth column of CoNLL, a language's own tags.</summary>
    Fine,
}
