using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Models.Parsing;

/// <summary>
/// Configurations as what the hidden layer reads: for each of them the vectors of its words, then of their tags (where the data has tags), then of its relations.
/// Rows of the table of symbols: vectors for where there is no word and for the root have a table of their own, as long as a word's. Tags: none, root, unknown, then
/// the data's; relations: none, then the data's.
/// </summary>
internal sealed class ParserInput(int dimension, int symbolDimension, int tags)
{
    /// <summary>Rows of the table of places: no word, the root.</summary>
    public const int PlaceRows = 2;

    private const int NoTag = 0, RootTag = 1, UnknownTag = 2, FirstTag = 3;
    private const int NoRelation = 0, FirstRelation = 1;

    private readonly List<int> _words = [], _tags = [], _relations = [];

    /// <summary>Numbers a configuration.</summary>
    public int Width => (ParserFeatures.Words * dimension) + (TagFeatures * symbolDimension) + (ParserFeatures.Relations * symbolDimension);

    /// <summary>Rows of the table of tags; 0: there is none.</summary>
    public int TagRows => tags == 0 ? 0 : FirstTag + tags;

    /// <summary>Configurations so far.</summary>
    public int Count => _words.Count / ParserFeatures.Words;

    private int TagFeatures => tags == 0 ? 0 : ParserFeatures.Words;

    /// <summary>Rows of the table of relations.</summary>
    public static int RelationRows(int relations) => FirstRelation + relations;

    /// <summary>Forgets all configurations.</summary>
    public void Clear()
    {
        _words.Clear();
        _tags.Clear();
        _relations.Clear();
    }

    /// <summary>Adds a configuration of an example of a slice.</summary>
    public void Add(ParserState state, ClassifierSlice slice, int example)
    {
        Span<int> words = stackalloc int[ParserFeatures.Words];
        ParserFeatures.Read(state, words);
        ReadOnlySpan<int> rows = slice.Tokens(example);
        ReadOnlySpan<int> known = tags == 0 ? [] : HeadAnnotations.Tags(slice.Slice.Data, slice.Slice.Examples.Span[example]);
        foreach (int word in words)
        {
            // Behind the rows that the slice touches, a zero for padding, then the places.
            _words.Add(word > 0 ? rows[word - 1] : slice.Touched + 1 + (word < 0 ? 0 : 1));
            if (tags > 0)
                _tags.Add(word < 0 ? NoTag : word == 0 ? RootTag : known[word - 1] < 0 ? UnknownTag : FirstTag + known[word - 1]);
        }

        foreach (int word in words[^ParserFeatures.Relations..])
            _relations.Add(state.Relation(word) is var relation && relation < 0 ? NoRelation : FirstRelation + relation);
    }

    /// <summary>The vectors, [configurations x width].</summary>
    /// <param name="touched">Rows that the slice touches.</param>
    /// <param name="embedding">Vectors of its words.</param>
    /// <param name="places">Vectors of no word and the root.</param>
    /// <param name="tagVectors">Vectors of tags; null: there are none.</param>
    /// <param name="relations">Vectors of relations.</param>
    public float[] Gather(int touched, float[] embedding, float[] places, float[]? tagVectors, float[] relations)
    {
        var input = new float[Count * Width];
        ForEach((configuration, at, kind, row) =>
        {
            Span<float> to = input.AsSpan((configuration * Width) + at);
            switch (kind)
            {
                case Kind.Word when row < touched:
                    embedding.AsSpan(row * dimension, dimension).CopyTo(to);
                    break;
                case Kind.Word when row > touched:
                    places.AsSpan((row - touched - 1) * dimension, dimension).CopyTo(to);
                    break;
                case Kind.Tag:
                    tagVectors.AsSpan(row * symbolDimension, symbolDimension).CopyTo(to);
                    break;
                case Kind.Relation:
                    relations.AsSpan(row * symbolDimension, symbolDimension).CopyTo(to);
                    break;
            }
        });
        return input;
    }

    /// <summary>Adds up what each row gets of a gradient, [configurations x width], in the order of the configurations; only where there is an array, which is cleared before.</summary>
    public void Spread(float[] inputGradient, int touched, float[]? embedding, float[]? places, float[]? tagVectors, float[]? relations, int relationRows)
    {
        embedding?.AsSpan(0, touched * dimension).Clear();
        places?.AsSpan(0, PlaceRows * dimension).Clear();
        tagVectors?.AsSpan(0, TagRows * symbolDimension).Clear();
        relations?.AsSpan(0, relationRows * symbolDimension).Clear();
        ForEach((configuration, at, kind, row) =>
        {
            (float[]? to, int to0, int size) = kind switch
            {
                Kind.Word when row < touched => (embedding, row, dimension),
                Kind.Word when row > touched => (places, row - touched - 1, dimension),
                Kind.Tag => (tagVectors, row, symbolDimension),
                Kind.Relation => (relations, row, symbolDimension),
                _ => (null, 0, 0), // padding
            };
            if (to is not null)
                RowMath.AddScaled(to.AsSpan(to0 * size, size), inputGradient.AsSpan((configuration * Width) + at, size), 1);
        });
    }

    private enum Kind
    {
        Word,
        Tag,
        Relation,
    }

    private void ForEach(Action<int, int, Kind, int> visit)
    {
        for (int configuration = 0; configuration < Count; configuration++)
        {
            int at = 0;
            for (int i = 0; i < ParserFeatures.Words; i++, at += dimension)
                visit(configuration, at, Kind.Word, _words[(configuration * ParserFeatures.Words) + i]);
            for (int i = 0; i < TagFeatures; i++, at += symbolDimension)
                visit(configuration, at, Kind.Tag, _tags[(configuration * ParserFeatures.Words) + i]);
            for (int i = 0; i < ParserFeatures.Relations; i++, at += symbolDimension)
                visit(configuration, at, Kind.Relation, _relations[(configuration * ParserFeatures.Relations) + i]);
        }
    }
}
