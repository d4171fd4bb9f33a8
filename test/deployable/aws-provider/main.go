// A provider that has the schema of AWS's and makes nothing: enough for terraform validate, and for terraform test with
// mock_provider, without a registry or an account. schema.mjs says where the schema is from.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"log"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

//go:embed schema.json
var source []byte

type block struct {
	Attributes map[string]struct {
		Type                         json.RawMessage
		Computed, Optional, Required bool
	}
	Blocks map[string]struct {
		Nesting  string
		Required bool
		Most     int64
		Block    block
	}
}

func (b block) schema() *tfprotov5.SchemaBlock {
	schema := &tfprotov5.SchemaBlock{}
	for name, a := range b.Attributes {
		kind, err := tftypes.ParseJSONType(a.Type) //nolint:staticcheck // The types are written as Terraform's protocol writes them.
		if err != nil {
			log.Fatal(err)
		}
		schema.Attributes = append(schema.Attributes, &tfprotov5.SchemaAttribute{
			Name: name, Type: kind, Computed: a.Computed, Optional: a.Optional, Required: a.Required,
		})
	}
	for name, n := range b.Blocks {
		nested := &tfprotov5.SchemaNestedBlock{TypeName: name, Block: n.Block.schema(), MaxItems: n.Most}
		switch n.Nesting {
		case "list":
			nested.Nesting = tfprotov5.SchemaNestedBlockNestingModeList
		case "set":
			nested.Nesting = tfprotov5.SchemaNestedBlockNestingModeSet
		default:
			nested.Nesting, nested.MaxItems = tfprotov5.SchemaNestedBlockNestingModeSingle, 0
		}
		if n.Required && nested.Nesting != tfprotov5.SchemaNestedBlockNestingModeSingle {
			nested.MinItems = 1
		}
		schema.BlockTypes = append(schema.BlockTypes, nested)
	}
	return schema
}

// Requests other than these do not come where all resources are mocked.
type provider struct{ tfprotov5.ProviderServer }

func schemas(blocks map[string]block) map[string]*tfprotov5.Schema {
	all := map[string]*tfprotov5.Schema{}
	for name, b := range blocks {
		all[name] = &tfprotov5.Schema{Block: b.schema()}
	}
	return all
}

func (provider) GetMetadata(context.Context, *tfprotov5.GetMetadataRequest) (*tfprotov5.GetMetadataResponse, error) {
	return &tfprotov5.GetMetadataResponse{ServerCapabilities: &tfprotov5.ServerCapabilities{}}, nil
}

func (provider) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	var all struct{ Resources, Data map[string]block }
	if err := json.Unmarshal(source, &all); err != nil {
		return nil, err
	}
	return &tfprotov5.GetProviderSchemaResponse{
		Provider:          &tfprotov5.Schema{Block: &tfprotov5.SchemaBlock{}},
		ResourceSchemas:   schemas(all.Resources),
		DataSourceSchemas: schemas(all.Data),
	}, nil
}

func (provider) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{}, nil
}

func (provider) PrepareProviderConfig(_ context.Context, request *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: request.Config}, nil
}

func (provider) ConfigureProvider(context.Context, *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	return &tfprotov5.ConfigureProviderResponse{}, nil
}

func (provider) ValidateResourceTypeConfig(context.Context, *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	return &tfprotov5.ValidateResourceTypeConfigResponse{}, nil
}

func (provider) ValidateDataSourceConfig(context.Context, *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	return &tfprotov5.ValidateDataSourceConfigResponse{}, nil
}

func (provider) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

func main() {
	serve := func() tfprotov5.ProviderServer { return provider{} }
	if err := tf5server.Serve("registry.terraform.io/hashicorp/aws", serve); err != nil {
		log.Fatal(err)
	}
}
