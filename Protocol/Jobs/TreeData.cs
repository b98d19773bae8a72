using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>
/// Parse trees with labels at their nodes, the root's being the sentence's. Words are those of the tree. Trees for models of trees, and sentences with the root's
/// label for models of text.
/// </summary>
public abstract record TreeData : LabelledData
{
    /// <summary>Creates the specification; words of trees are split already, and lines of text are split at blanks as they are.</summary>
    protected TreeData() => Tokenizer = TokenizerKind.Whitespace;

    /// <summary>
    /// The label, a whole number, that is neutral. Given: sentences are <c>negative</c>, for labels below, or <c>positive</c>, for those above, and one with a neutral
    /// root is left out; a model of trees learns at other nodes what is neutral too, as Tai et al. 2015 do. For the Stanford Sentiment Treebank 2. Absent: labels are as they stand.
    /// </summary>
    public int? Neutral { get; init; }

    /// <summary>Whether every labelled node of a training tree is a training example, its words being the text, as Kim 2014 trains. For models of text.</summary>
    public bool LabelledPhrases { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<DataForm> Forms => LabelledPhrases ? [DataForm.Labels] : [DataForm.Trees, DataForm.Labels];
}

/// <summary>Binary constituency trees in brackets, one a line: <c>(3 (2 It) (4 works))</c>.</summary>
public sealed record BracketedTreesData : TreeData
{
    /// <summary>Training file, or a list of files; patterns such as <c>part-*.txt</c> too.</summary>
    public required FilePaths Train { get; init; }

    /// <summary>Dev file or files.</summary>
    public FilePaths? Dev { get; init; }

    /// <summary>Test file or files.</summary>
    public FilePaths? Test { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasDev => Dev is not null || DevFraction > 0;
}

/// <summary>
/// Trees in three files, whose lines belong together: words; for each node the number of its parent, counted from 1, 0 for the root; for each node a label, <c>#</c> for
/// none. The words are the first nodes. The form of Tai et al. 2015.
/// </summary>
public sealed record ParentTreesData : TreeData
{
    /// <summary>Training files.</summary>
    public required ParentTreeFiles Train { get; init; }

    /// <summary>Dev files.</summary>
    public ParentTreeFiles? Dev { get; init; }

    /// <summary>Test files.</summary>
    public ParentTreeFiles? Test { get; init; }

    /// <summary>Which nodes are words.</summary>
    public TreeWords Words { get; init; } = TreeWords.EveryNode;

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasDev => Dev is not null || DevFraction > 0;
}

/// <summary>The files of trees with labels.</summary>
public sealed record ParentTreeFiles
{
    /// <summary>Words, a sentence a line, between blanks.</summary>
    public required string Tokens { get; init; }

    /// <summary>Parents of the nodes.</summary>
    public required string Parents { get; init; }

    /// <summary>Labels of the nodes.</summary>
    public required string Labels { get; init; }
}

/// <summary>Which nodes of a tree are words.</summary>
public enum TreeWords
{
    /// <summary>All: a dependency tree.</summary>
    EveryNode,

    /// <summary>The leaves; every other node has two children: a binary constituency tree.</summary>
    Leaves,
}

/// <summary>Pairs of sentences with dependency trees, and how related the two are (SICK in the form of Tai et al. 2015). Lines of a part's files belong together.</summary>
public sealed record TreePairsData : LabelledData
{
    /// <summary>Creates the specification; words of trees are split already.</summary>
    public TreePairsData() => Tokenizer = TokenizerKind.Whitespace;

    /// <summary>Training files.</summary>
    public required TreePairFiles Train { get; init; }

    /// <summary>Dev files.</summary>
    public TreePairFiles? Dev { get; init; }

    /// <summary>Test files.</summary>
    public TreePairFiles? Test { get; init; }

    /// <summary>The lowest score.</summary>
    public int LowestScore { get; init; } = 1;

    /// <summary>The highest score.</summary>
    public int HighestScore { get; init; } = 5;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<DataForm> Forms => [DataForm.TreePairs];

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasDev => Dev is not null || DevFraction > 0;
}

/// <summary>The files of pairs of trees.</summary>
public sealed record TreePairFiles
{
    /// <summary>Words of the first sentences.</summary>
    public required string TokensA { get; init; }

    /// <summary>Their heads: for each word the number of its head, counted from 1, 0 for the root.</summary>
    public required string ParentsA { get; init; }

    /// <summary>Words of the second sentences.</summary>
    public required string TokensB { get; init; }

    /// <summary>Their heads.</summary>
    public required string ParentsB { get; init; }

    /// <summary>A score a line.</summary>
    public required string Scores { get; init; }
}
